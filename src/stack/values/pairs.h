// Mappings, lists of "name=value" and commands in their several forms. Pure.
#pragma once

#include <string_view>

#include "base/result.h"
#include "stack/values/value.h"

namespace skein::stack {

// A mapping of texts. A name alone has an empty value, or none (`has_null`).
Value mapping(const Value& value, std::string_view separator, bool has_null);
// "name:address" of a mapping (by name) or of a list.
Value host_list(const Value& value);
// A text as a shell would split it.
Result<Value> split_command(const Value& value);

}  // namespace skein::stack
