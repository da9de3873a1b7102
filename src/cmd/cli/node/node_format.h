// Nodes as users see them. Pure.
#pragma once

#include "cmd/cli/show/listing.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

Listing node_listing();
Json node_row(const Json& node, const std::string& self_id);
std::string pretty_node(const Json& node);

}  // namespace skein::cli
