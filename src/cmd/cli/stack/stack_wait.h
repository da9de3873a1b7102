// Waits until the services of a stack are what the file asks for.
#pragma once

#include <string>
#include <vector>

#include "cmd/cli/words/command.h"

namespace skein::cli {

struct DeployedService {
  std::string id;
  std::string name;
};

// At a terminal all of them at once, a line each; elsewhere one after the other, as Docker's client does. The exit
// status.
Result<int> wait_for_services(Daemon& daemon, const std::vector<DeployedService>& services, bool is_quiet);

}  // namespace skein::cli
