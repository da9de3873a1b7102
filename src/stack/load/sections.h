// A checked file's sections as a model: services, networks, volumes, secrets, configs and "x-…". Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "stack/load/load.h"
#include "stack/values/value.h"

namespace skein::stack {

// They stand behind `head`.
Result<Value> load_sections(const Value& file, int version, Map head, const Input& input);

}  // namespace skein::stack
