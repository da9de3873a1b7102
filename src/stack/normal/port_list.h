// A published port's short form as long ones. Pure.
#pragma once

#include "base/result.h"
#include "stack/normal/normalise.h"
#include "stack/values/value.h"

namespace skein::stack {

// One for each published port. An address of the host is warned of: a service is published everywhere.
Result<List> expand_port(const Value& port, const Warn& warn);

}  // namespace skein::stack
