// One sample of a container's statistics as a row. Pure.
#pragma once

#include "cmd/cli/show/listing.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

Listing stats_listing();
// `name`: what the user called it, or its id.
Json stats_row(const Json& sample, const std::string& name, bool is_whole);

}  // namespace skein::cli
