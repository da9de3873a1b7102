// Files of the Compose Specification to one model: with what they include and extend, and the services of the chosen
// profiles. Pure; what is on disk comes by the input's door.
#pragma once

#include "base/result.h"
#include "stack/load/load.h"

namespace skein::stack {

// Chains of files that include or extend others, and files in all.
inline constexpr size_t kNestingMax = 16;
inline constexpr size_t kFilesMax = 1'024;

// The model begins with "name", if a file has one.
Result<Project> load_compose(const Input& input);

}  // namespace skein::stack
