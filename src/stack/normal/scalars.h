// What becomes of single texts, numbers and truth values. Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "stack/shape/shape.h"
#include "stack/values/value.h"

namespace skein::stack {

// A value that was checked, in its form. `name`: of the field, for errors, which are whole lines.
Result<Value> decode_scalar(Form form, const std::string& name, const Value& value);

}  // namespace skein::stack
