// Nodes and tasks as users see them. Pure.
#pragma once

#include <map>

#include "base/clock.h"
#include "cmd/cli/json.h"
#include "cmd/cli/listing.h"

namespace skein::cli {

Listing node_listing();
Json node_row(const Json& node, const std::string& self_id);
std::string pretty_node(const Json& node);

// What ids stand for: hostnames of nodes, names of services.
struct TaskNames {
  std::map<std::string, std::string> nodes;
  std::map<std::string, std::string> services;
};

Listing task_listing();
// Sorted by name, newest first; earlier tasks of a slot are marked " \_ ".
std::vector<Json> task_rows(const Json& tasks, const TaskNames& names, bool is_whole, WallTime now);

}  // namespace skein::cli
