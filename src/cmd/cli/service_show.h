// The verbs that look at services: ls, ps, inspect.
#pragma once

#include "cmd/cli/command.h"

namespace skein::cli {

Result<int> list_services(Invocation& call);
Result<int> list_service_tasks(Invocation& call);
Result<int> inspect_services(Invocation& call);

}  // namespace skein::cli
