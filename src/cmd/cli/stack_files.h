// Compose files from disk and stdin, with the environment of this program.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "stack/load.h"

namespace skein::cli {

// Errors have the words of the system: "open /w/x: no such file or directory", "read /w: is a directory".
Result<std::string> read_whole_file(const std::string& path);

// "-" is stdin. Warnings go to stderr.
Result<stack::Project> load_project(const std::vector<std::string>& names, bool skips_interpolation,
                                    stack::Forbidden style);

}  // namespace skein::cli
