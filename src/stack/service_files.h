// What a service names outside its compose file: env_file, variables of the shell, sources of bind mounts. Pure; files
// come by the input's door.
#pragma once

#include "base/result.h"
#include "stack/load.h"
#include "stack/value.h"

namespace skein::stack {

// Puts `env_file` into `environment`, and makes the sources of bind mounts absolute.
Result<void> read_service_files(Value& service, const Input& input);

}  // namespace skein::stack
