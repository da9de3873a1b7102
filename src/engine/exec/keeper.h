// What runs in containers must not notice that the daemon dies: no broken pipe, no pipe that stays full, no terminal
// that hangs up. So a process of its own ("skein-exec-keep") has the daemon's ends of its execs' output as well. It
// does nothing with them while the daemon lives; when it is gone, it reads all until the end, and ends.
#pragma once

#include <sys/types.h>

#include <vector>

#include "base/descriptor.h"
#include "base/result.h"

namespace skein::engine {

class ExecKeeper {
 public:
  ExecKeeper() = default;
  ExecKeeper(const ExecKeeper&) = delete;
  ExecKeeper& operator=(const ExecKeeper&) = delete;

  // Forks, so that it is small: early in the daemon's life.
  Result<void> start();
  // Ends of pipes or terminals that can be read; at most three. One that has been killed is started again, without
  // what it had.
  void keep(const std::vector<int>& descriptors);
  pid_t pid() const { return pid_; }

 private:
  bool send(const std::vector<int>& descriptors) const;

  Descriptor socket_;
  pid_t pid_ = -1;
};

}  // namespace skein::engine
