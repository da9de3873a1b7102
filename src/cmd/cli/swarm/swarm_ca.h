// skein swarm ca: shows the swarm's root certificate, or replaces it and waits until every node has taken it over.
#pragma once

#include "cmd/cli/words/command.h"

namespace skein::cli {

Command swarm_ca_command();

}  // namespace skein::cli
