// Commands that put a container's (or exec's) streams on this terminal.
#pragma once

#include "cmd/cli/words/command.h"

namespace skein::cli {

// Exits of `run` when nothing of the container ran.
inline constexpr int kStatusNotStarted = 125;
inline constexpr int kStatusNotExecutable = 126;
inline constexpr int kStatusNotFound = 127;

// 126 or 127 when the daemon says that the command cannot be executed or is not there; otherwise 125.
int start_failure_status(const std::string& message);

Result<int> run_container(Invocation& call);
Result<int> create_container(Invocation& call);
Result<int> start_containers(Invocation& call);
Result<int> attach_container(Invocation& call);
Result<int> exec_command(Invocation& call);

// Pulls an image with its progress on `fd_is_stderr ? stderr : stdout`.
Result<void> pull_image(class Daemon& daemon, const std::string& reference, const std::string& platform, bool is_quiet,
                        bool on_stderr);

}  // namespace skein::cli
