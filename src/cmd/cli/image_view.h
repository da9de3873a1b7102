// Images as `images` shows them. Pure.
#pragma once

#include "base/clock.h"
#include "cmd/cli/json.h"
#include "cmd/cli/listing.h"

namespace skein::cli {

Listing image_listing(bool with_digests);
// `images`: the answer of GET /images/json; one row per tag.
std::vector<Json> image_rows(const Json& images, bool is_whole, WallTime now);

}  // namespace skein::cli
