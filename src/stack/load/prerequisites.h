// Which services of a model wait for which: `depends_on` of the Compose Specification. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "stack/values/value.h"

namespace skein::stack {

// Drops those that are not required and not there. Refuses unknown services, and circles.
Result<void> check_prerequisites(Value& model);

// The names of all services, those that others wait for first; else by the alphabet. The model must have been checked.
std::vector<std::string> by_prerequisites(const Value& model);

}  // namespace skein::stack
