// Starting a program that is to live apart from the daemon.
#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace skein::io {

struct Program {
  std::vector<std::string> words;        // the first is looked up in our PATH
  std::vector<std::string> environment;  // all it gets, as NAME=VALUE
  std::string next_step;                 // for who reads that it cannot be run: "install podman"
};

// In a session of its own, so that a Ctrl-C or hang-up of ours is not for it, with all signals as they are by default
// and the limit of open files that we were started with. `files` says which descriptors it has; it must close all
// others. Its parent is the caller. kUnavailable if it cannot be run.
Result<pid_t> spawn_apart(Program program, const posix_spawn_file_actions_t& files);

// Likewise; it reads nothing, what it writes goes to the file `log_path`, emptied before, and it has nothing else open.
Result<pid_t> spawn_logged(Program program, const std::string& log_path);

}  // namespace skein::io
