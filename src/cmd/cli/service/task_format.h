// Tasks as users see them. Pure.
#pragma once

#include <map>

#include "base/time/clock.h"
#include "cmd/cli/show/listing.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

// What ids stand for: hostnames of nodes, names of services.
struct TaskNames {
  std::map<std::string, std::string> nodes;
  std::map<std::string, std::string> services;
};

struct TaskListStyle {
  bool is_whole = false;  // nothing is cut
  bool is_table = true;   // earlier tasks of a slot are marked
};

Listing task_listing();
// By name, the newest first.
Json sorted_tasks(const Json& tasks, const TaskNames& names);
// Of sorted tasks; earlier ones of a slot are marked " \_ " in tables.
std::vector<Json> task_rows(const Json& tasks, const TaskNames& names, TaskListStyle style, WallTime now);

// An image without the digest that follows its tag: "web:1@sha256:…" is "web:1".
std::string without_digest(const std::string& image);

}  // namespace skein::cli
