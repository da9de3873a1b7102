// Services as users see them. Pure.
#pragma once

#include <map>

#include "base/clock.h"
#include "cmd/cli/json.h"
#include "cmd/cli/listing.h"

namespace skein::cli {

Listing service_listing();
Json service_row(const Json& service);

// What `inspect --pretty` prints. `network_names`: by id; an unknown id stands for itself.
std::string pretty_service(const Json& service, const std::map<std::string, std::string>& network_names, WallTime now);

}  // namespace skein::cli
