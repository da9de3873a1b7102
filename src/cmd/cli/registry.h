// Commands about registries.
#pragma once

#include "cmd/cli/command.h"

namespace skein::cli {

std::vector<Command> registry_commands();  // login, logout
Result<int> push_image(Invocation& call);

}  // namespace skein::cli
