// Where in its files a value of a project stands. Pure.
#pragma once

#include <string>
#include <vector>

#include "stack/load/load.h"

namespace skein::stack {

// "f.yml:12": the line of the deepest key of this path that a file has; of several files the last one. A list's items
// count from 0. The first file alone, if none has any of it.
std::string place_of(const std::vector<Source>& files, const std::vector<std::string>& path);

}  // namespace skein::stack
