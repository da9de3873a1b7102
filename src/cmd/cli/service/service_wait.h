// Waits until a service is what was asked for, and shows how far it is.
#pragma once

#include <string>

#include "cmd/cli/words/command.h"

namespace skein::cli {

// `reference`: an id, or the name that the user gave. Ctrl-C ends the waiting, and nothing else. The exit status.
Result<int> wait_for_service(Daemon& daemon, const std::string& reference, bool is_quiet);

}  // namespace skein::cli
