// Files of "NAME=value" lines. Pure; the file comes by the input's door.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "stack/load/load.h"
#include "stack/values/value.h"

namespace skein::stack {

inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Values as they stand, quotes and all. A name alone has the shell's value, or is left out.
Result<Map> read_env_file(const std::string& path, const Input& input);

}  // namespace skein::stack
