// Mounts in their short form: "data:/x:ro", "./here:/there". Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "stack/values/value.h"

namespace skein::stack {

// The long form. Options that nobody knows are dropped, as Docker's client does it.
Result<Value> parse_mount(const std::string& text);

}  // namespace skein::stack
