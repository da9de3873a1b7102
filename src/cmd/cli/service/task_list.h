// The list of tasks that `service ps` and `node ps` print.
#pragma once

#include "cmd/cli/words/command.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

std::vector<FlagSpec> task_list_flags();

// Prints tasks as the flags say, with names for ids. The exit status.
Result<int> print_tasks(Invocation& call, const Json& found);

// "self" is the node that the daemon runs on.
Result<std::string> resolved_node(Daemon& daemon, const std::string& reference);

}  // namespace skein::cli
