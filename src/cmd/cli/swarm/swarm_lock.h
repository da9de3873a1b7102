// skein swarm unlock and unlock-key.
#pragma once

#include "cmd/cli/words/command.h"

namespace skein::cli {

Command swarm_unlock_command();
Command swarm_unlock_key_command();

// Shows the key that managers will want after a restart, once autolock has been turned on.
Result<void> print_unlock_key(Daemon& daemon);

}  // namespace skein::cli
