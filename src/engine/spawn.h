// Starting a program that is to live apart from the daemon.
#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace skein::engine {

// In a session of its own, so that a Ctrl-C or hang-up of ours is not for it, with all signals as they are by default
// and the limit of open files that we were started with. `files` says which descriptors it has; it must close all
// others. `words[0]` is looked up in our PATH; `environment` is all it gets. Its parent is the caller. kUnavailable
// with `next_step` if it cannot be run.
Result<pid_t> spawn_apart(std::vector<std::string> words, std::vector<std::string> environment,
                          const posix_spawn_file_actions_t& files, const std::string& next_step);

}  // namespace skein::engine
