// Services as users see them. Pure.
#pragma once

#include <map>

#include "base/time/clock.h"
#include "cmd/cli/show/listing.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

Listing service_listing();
Json service_row(const Json& service);

// What `inspect --pretty` prints. `network_names`: by id; an unknown id stands for itself.
std::string pretty_service(const Json& service, const std::map<std::string, std::string>& network_names, WallTime now);

}  // namespace skein::cli
