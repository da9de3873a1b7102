// Sessions of processes (setsid(2)). Pure.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

namespace skein::engine {

// The session in a line of /proc/PID/stat (proc(5)); none for what has ended.
std::optional<pid_t> session_in(std::string_view stat);

}  // namespace skein::engine
