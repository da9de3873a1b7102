// `service logs`: what the tasks of a service print, each line with the task that it comes from.
#pragma once

#include "cmd/cli/words/command.h"

namespace skein::cli {

std::vector<FlagSpec> service_log_flags();
Result<int> show_service_logs(Invocation& call);

}  // namespace skein::cli
