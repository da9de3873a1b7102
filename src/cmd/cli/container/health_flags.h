// The flags about health checks that `run`, `create` and `service` share. Pure.
#pragma once

#include "cmd/cli/words/flags.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

// The daemon keeps no start interval for containers that are no tasks.
std::vector<FlagSpec> health_flags(bool has_start_interval);

// Puts what the flags say into holder's member "Healthcheck", which stays away when it would say nothing.
Result<void> apply_health(const Flags& flags, Json& holder);

}  // namespace skein::cli
