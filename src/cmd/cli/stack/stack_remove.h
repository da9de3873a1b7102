// skein stack rm, and what deploy --prune shares with it.
#pragma once

#include "cmd/cli/words/command.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

Result<int> remove_stacks(Invocation& call);

// By name. False if one could not be removed, which was told.
bool remove_stack_services(Daemon& daemon, const Json& services);

}  // namespace skein::cli
