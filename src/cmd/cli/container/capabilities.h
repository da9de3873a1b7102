// --cap-add and --cap-drop of services. Pure.
#pragma once

#include <string>
#include <vector>

#include "cmd/cli/words/json.h"

namespace skein::cli {

// Changes CapabilityAdd and CapabilityDrop of a container spec. Names may come without "CAP_" and in small letters;
// ALL stands for every one. To add what the spec drops undoes that, and the other way round; in one call, adding wins.
// RESET empties what the spec has so far.
void apply_capabilities(const std::vector<std::string>& added, const std::vector<std::string>& dropped,
                        Json& container);

}  // namespace skein::cli
