// Runs a command in a container of the process engine. In the launcher, whose parent is the daemon.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"
#include "engine/exec/exec_ends.h"

namespace skein::engine {

struct ProcessExec {
  std::string container;                 // its id
  std::vector<std::string> command;      // never empty
  std::vector<std::string> environment;  // whole
  std::string working_folder;            // absolute, in the container
  bool has_terminal = false;             // which `input` is
};

// Forks "skein-exec", a child of the daemon's, which stands for the command until that has ended, and ends with its
// exit code. It outlives daemon and launcher; the command does not outlive it. Why the command cannot be run is told in
// the log, in crun's words. `container`: a pidfd of its first process.
Result<pid_t> run_in_container(const ProcessExec& exec, ExecEnds ends, Descriptor container);

}  // namespace skein::engine
