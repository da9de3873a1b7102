// What runs in containers must not notice that the daemon dies: no broken pipe, no pipe that stays full, no terminal
// that hangs up. So a process of its own ("skein-exec-keep") has the daemon's ends of its execs' output as well. It
// does nothing with them while the daemon lives; when it is gone, it reads all until the end, and ends.
#pragma once

#include <sys/types.h>

#include <vector>

#include "base/result.h"
#include "io/child/helper.h"

namespace skein::engine {

class ExecKeeper {
 public:
  ExecKeeper();
  ExecKeeper(const ExecKeeper&) = delete;
  ExecKeeper& operator=(const ExecKeeper&) = delete;

  // Forks, so that it is small: early in the daemon's life.
  Result<void> start() { return helper_.start(); }
  // Ends of pipes or terminals that can be read; at most three. One that has been killed is started again, without
  // what it had.
  void keep(const std::vector<int>& descriptors);
  pid_t pid() const { return helper_.pid(); }

 private:
  bool send(const std::vector<int>& descriptors) const;

  io::Helper helper_;
};

}  // namespace skein::engine
