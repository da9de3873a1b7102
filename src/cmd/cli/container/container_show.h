// Commands that show containers: lists, logs, ports, processes, statistics.
#pragma once

#include "cmd/cli/words/command.h"

namespace skein::cli {

Result<int> list_containers(Invocation& call);
Result<int> inspect_containers(Invocation& call);
Result<int> show_logs(Invocation& call);
Result<int> show_ports(Invocation& call);
Result<int> show_top(Invocation& call);
Result<int> show_stats(Invocation& call);

}  // namespace skein::cli
