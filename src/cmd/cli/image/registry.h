// Commands about registries.
#pragma once

#include "cmd/cli/words/command.h"

namespace skein::cli {

std::vector<Command> registry_commands();  // login, logout
Result<int> push_image(Invocation& call);

}  // namespace skein::cli
