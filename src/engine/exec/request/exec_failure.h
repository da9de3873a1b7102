// A command that could not be started, as Docker's daemon tells it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace skein::engine {

struct ExecFailure {
  int exit_code = 126;
  int status = 400;  // of an answer to a detached start
  std::string message;
};

// `log`: what the runtime wrote, a line of JSON for each message; `command`: what was to be run, `container`: its id.
ExecFailure exec_failure(std::string_view log, const std::string& command, const std::string& container);

}  // namespace skein::engine
