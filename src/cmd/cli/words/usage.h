// Texts about how to call a command: help, and what is wrong about a call. Pure; Docker's layout.
#pragma once

#include <string>

#include "cmd/cli/words/command.h"

namespace skein::cli {

// What --help prints. `path` is "skein swarm join".
std::string help_text(const Command& command, const std::string& path);
// Why these arguments are too few or too many; empty when they fit.
std::string arity_complaint(const Command& command, const std::string& path, size_t argument_count);
// Usage line and hint, as they follow "unknown flag: --x".
std::string usage_hint(const Command& command, const std::string& path);
std::string unknown_command(const std::string& path, const std::string& word);

}  // namespace skein::cli
