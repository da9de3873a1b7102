// The files that a lab runs, and running tools.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace skein::lab {

// Inside a host the folder of skein and skeind is also seen here, wherever it is outside.
inline constexpr const char* kBinFolder = "/run/lab/bin";
inline constexpr const char* kDaemonSocket = "/run/skein/skein.sock";

// This very program.
std::string own_program();

// $SKEIN_LAB_DAEMON (for tests: any program that answers on the socket), else skeind beside this program.
std::string daemon_program();

// The environment of this process for programs in a host: PATH with the lab's programs first, DOCKER_HOST, TMPDIR.
void set_host_environment();

// The environment of this process: "NAME=value" each.
std::vector<std::string> own_environment();

// Runs a tool to its end with `input` (at most 64 KiB) as its standard input. `prepare` runs in the child, before the
// tool. An exit status other than 0 is an error with the tool's words.
Result<void> run_tool(const std::vector<std::string>& command, const std::string& input,
                      const std::function<Result<void>()>& prepare);

// The argument or environment vector for execve(2); valid as long as `words` is.
std::vector<char*> exec_arguments(const std::vector<std::string>& words);

}  // namespace skein::lab
