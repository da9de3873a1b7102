// A model as YAML, byte for byte as Docker's client prints it. Pure.
#pragma once

#include <string>

#include "stack/values/value.h"

namespace skein::stack {

std::string emit_yaml(const Value& value);

// A text as a scalar on one line, or as a literal block that is indented by `indent`; `is_key`: never a block.
std::string emit_text(const std::string& text, size_t indent, bool is_key);

}  // namespace skein::stack
