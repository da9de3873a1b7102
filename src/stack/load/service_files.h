// What a service names outside its compose file: env_file, variables of the shell, sources of bind mounts. Pure; files
// come by the input's door.
#pragma once

#include "base/result.h"
#include "stack/load/load.h"
#include "stack/values/value.h"

namespace skein::stack {

// Puts `env_file` into `environment`, and makes the sources of bind mounts absolute.
Result<void> read_service_files(Value& service, const Input& input);
// By the Compose Specification: a file may be missing if it is not required, and an empty value is one.
Result<void> read_compose_service_files(Value& service, const Input& input);

}  // namespace skein::stack
