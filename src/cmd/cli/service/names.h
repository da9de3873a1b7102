// What ids of nodes and services stand for, asked of the daemon once each.
#pragma once

#include "cmd/cli/daemon/daemon.h"
#include "cmd/cli/service/task_format.h"

namespace skein::cli {

class Names {
 public:
  // Without `is_resolving`, ids stand for themselves, and nothing is asked.
  Names(Daemon& daemon, bool is_resolving) : daemon_(daemon), is_resolving_(is_resolving) {}

  // The id itself when the daemon does not know it.
  const std::string& service(const std::string& id);
  const std::string& node(const std::string& id);  // its hostname

  const TaskNames& known() const { return known_; }

 private:
  Daemon& daemon_;
  bool is_resolving_;
  TaskNames known_;
};

}  // namespace skein::cli
