// What a model of the Compose Specification means on a cluster: the same model in Docker's keys, for its conversion.
// Pure.
#pragma once

#include "stack/convert/convert.h"

namespace skein::stack {

// The label by which services wait for others, see docs/design/services.md.
inline constexpr const char* kDependsOnLabel = "skein.depends_on";

// Limits, `scale`, `restart` and `depends_on` go to `deploy`. A service that others wait for to complete is a job,
// unless the file gives it a mode.
Value for_cluster(const Namespace& stack, const Value& model);

}  // namespace skein::stack
