// Compose files from disk and stdin, with the environment of this program.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cmd/cli/words/command.h"
#include "stack/load/load.h"

namespace skein::cli {

// Errors have the words of the system: "open /w/x: no such file or directory", "read /w: is a directory".
Result<std::string> read_whole_file(const std::string& path);

// By the flags of compose_flags(). "-" is stdin. Warnings go to stderr.
Result<stack::Project> load_project(const Invocation& call, bool skips_interpolation, stack::Forbidden style);

// Of commands that read compose files.
std::vector<FlagSpec> compose_flags();

}  // namespace skein::cli
