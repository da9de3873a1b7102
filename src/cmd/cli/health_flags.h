// The flags about health checks that `run`, `create` and `service` share. Pure.
#pragma once

#include "cmd/cli/flags.h"
#include "cmd/cli/json.h"

namespace skein::cli {

std::vector<FlagSpec> health_flags();

// Puts what the flags say into holder's member "Healthcheck", which stays away when it would say nothing.
Result<void> apply_health(const Flags& flags, Json& holder);

}  // namespace skein::cli
