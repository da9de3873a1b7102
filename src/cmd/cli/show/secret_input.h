// What is typed and must not be seen: unlock keys, passwords.
#pragma once

#include <string>

#include "base/result.h"

namespace skein::cli {

// A line of stdin without the space around it; at a terminal after a prompt, and not shown.
Result<std::string> read_secret_line(const std::string& prompt);

}  // namespace skein::cli
