// A further file over those before it; every key has its own rule, as in Docker's client. Pure.
#pragma once

#include "stack/value.h"

namespace skein::stack {

void merge_file(Value& model, const Value& over);

}  // namespace skein::stack
