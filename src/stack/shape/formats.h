// Formats that texts of a compose file must have. Pure.
#pragma once

#include <string_view>

#include "stack/values/value.h"

namespace skein::stack {

// `format`: "duration" or "ports"; all else is right for any other.
bool has_format(std::string_view format, const Value& value);

}  // namespace skein::stack
