// skein stack deploy.
#pragma once

#include "cmd/cli/words/command.h"

namespace skein::cli {

Result<int> deploy_stack(Invocation& call);

}  // namespace skein::cli
