// Objects whose fields stand in the order of their shape. Pure.
#pragma once

#include <string_view>

#include "stack/shape/shape.h"
#include "stack/values/value.h"

namespace skein::stack {

// Sets or replaces a field, at its place.
void set_field(Value& record, const Shape& shape, std::string_view key, Value value);

}  // namespace skein::stack
