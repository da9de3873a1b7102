// A further file over those before it; every key has its own rule, as in Docker's client. Pure.
#pragma once

#include "stack/values/value.h"

namespace skein::stack {

// `version`: of the table of shapes.
void merge_file(Value& model, const Value& over, int version);
void merge_service(Value& service, const Value& over, int version);

}  // namespace skein::stack
