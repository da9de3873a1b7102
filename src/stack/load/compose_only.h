// What today's Compose reads that this loader does not: refused, with the place. Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "stack/load/load.h"

namespace skein::stack {

// The tags by which Compose lets one file take away what another says. Docker's client reads over them, and deploys
// what was to be taken away. "f.yml:4: …"
Result<void> refuse_tags(const Source& file);

// Files of other hosts: addresses, repositories, artifacts of registries.
Result<void> refuse_remote(const std::string& path);

}  // namespace skein::stack
