// The flags of `service create` and `service update`. Each list is --NAME in the first, --NAME-add and --NAME-rm in the
// second; everything else is the same in both, but for the defaults that help shows.
#pragma once

#include "cmd/cli/words/flags.h"

namespace skein::cli {

std::vector<FlagSpec> service_create_flags();
std::vector<FlagSpec> service_update_flags();

}  // namespace skein::cli
