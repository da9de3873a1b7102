// Every form of a value to one: short ones become long, texts become what they mean, fields get their order, and what
// says nothing is left out. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "stack/shape/shape.h"
#include "stack/values/value.h"

namespace skein::stack {

using Warn = std::function<void(const std::string&)>;

// A value that was checked, as what its shape makes of it. Errors list all that could not be decoded.
Result<Value> normalise(const Shape& shape, const Value& value, int version, const Warn& warn);

// The "x-…" entries of a mapping.
Map extensions(const Value& value);

}  // namespace skein::stack
