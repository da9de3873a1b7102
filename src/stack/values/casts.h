// Where a variable's value becomes a number or a truth value. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "stack/values/value.h"

namespace skein::stack {

using Path = std::vector<std::string>;  // items of lists are "[]"

// The text as what the place in the file needs; unchanged where any text will do.
Result<Value> cast(const Path& path, const std::string& text);

}  // namespace skein::stack
