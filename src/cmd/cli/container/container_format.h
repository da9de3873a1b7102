// Containers as `ps` shows them. Pure.
#pragma once

#include "base/time/clock.h"
#include "cmd/cli/show/listing.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

Listing container_listing();
// `container`: an element of GET /containers/json.
Json container_row(const Json& container, bool is_whole, WallTime now);

// "0.0.0.0:8080->80/tcp, 443/tcp"
std::string ports_text(const Json& ports);
// "a=b,c=d" of an object's members.
std::string labels_text(const Json& labels);

}  // namespace skein::cli
