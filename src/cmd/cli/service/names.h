// What ids of nodes and services stand for, asked of the engine once each.
#pragma once

#include "cmd/cli/engine/engine.h"
#include "cmd/cli/service/task_view.h"

namespace skein::cli {

class Names {
 public:
  // Without `is_resolving`, ids stand for themselves, and nothing is asked.
  Names(Engine& engine, bool is_resolving) : engine_(engine), is_resolving_(is_resolving) {}

  // The id itself when the engine does not know it.
  const std::string& service(const std::string& id);
  const std::string& node(const std::string& id);  // its hostname

  const TaskNames& known() const { return known_; }

 private:
  Engine& engine_;
  bool is_resolving_;
  TaskNames known_;
};

}  // namespace skein::cli
