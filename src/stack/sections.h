// A checked file's sections as a model: services, networks, volumes, secrets, configs and "x-…". Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "stack/load.h"
#include "stack/value.h"

namespace skein::stack {

Result<Value> load_sections(const Value& file, const std::string& version, const Input& input);

}  // namespace skein::stack
