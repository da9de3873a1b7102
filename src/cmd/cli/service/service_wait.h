// Waits until a service is what was asked for, and shows how far it is.
#pragma once

#include <string>

#include "cmd/cli/service/service_progress.h"
#include "cmd/cli/words/command.h"

namespace skein::cli {

// `reference`: an id, or the name that the user gave. Ctrl-C ends the waiting, and nothing else. The exit status.
Result<int> wait_for_service(Daemon& daemon, const std::string& reference, bool is_quiet);

// One look at it. True: the waiting is over.
Result<bool> look_at_service(Daemon& daemon, const std::string& reference, ServiceProgress& progress);

// 0: it is no terminal.
int columns_of_stdout();

}  // namespace skein::cli
