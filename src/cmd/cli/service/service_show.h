// The verbs that look at services: ls, ps, inspect.
#pragma once

#include "cmd/cli/words/command.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

// Sorted, with their counts of tasks unless only ids are wanted.
Result<Json> services_by_name(Invocation& call, const std::vector<std::string>& filters);
// Prints them as the flags say. The exit status.
Result<int> print_services(Invocation& call, const Json& services);

Result<int> list_services(Invocation& call);
Result<int> list_service_tasks(Invocation& call);
Result<int> inspect_services(Invocation& call);

}  // namespace skein::cli
