// Where in its files a value of a project stands. Pure.
#pragma once

#include <string>
#include <vector>

#include "stack/load/load.h"

namespace skein::stack {

// "f.yml:12": the line of the deepest key of this path that a file has; of several files the last one. A list's items
// count from 0. The first file alone, if none has any of it.
std::string place_of(const std::vector<Source>& files, const std::vector<std::string>& path);
// The line in one file for each of these paths; 0 if it has none of it.
std::vector<size_t> lines_of(const Source& file, const std::vector<std::vector<std::string>>& paths);

}  // namespace skein::stack
