// Images as `images` shows them. Pure.
#pragma once

#include "base/time/clock.h"
#include "cmd/cli/show/listing.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

Listing image_listing(bool with_digests);
// `images`: the answer of GET /images/json; one row per tag.
std::vector<Json> image_rows(const Json& images, bool is_whole, WallTime now);

}  // namespace skein::cli
