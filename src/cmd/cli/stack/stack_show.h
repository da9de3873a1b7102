// skein stack ls, ps, services.
#pragma once

#include "cmd/cli/words/command.h"

namespace skein::cli {

Result<int> list_stacks(Invocation& call);
Result<int> list_stack_tasks(Invocation& call);
Result<int> list_stack_services(Invocation& call);

}  // namespace skein::cli
