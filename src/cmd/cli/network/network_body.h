// From flags to what the API wants for networks. Pure.
#pragma once

#include "cmd/cli/words/flags.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

// POST /networks/create. Gateways, ranges and auxiliary addresses go with the subnet that contains them.
Result<Json> network_create_body(const std::string& name, const Flags& flags);
// POST /networks/{id}/connect
Json network_connect_body(const std::string& container, const Flags& flags);

// Texts as a JSON object; key_values() for what it takes.
Json object_of(const std::vector<std::string>& texts);

}  // namespace skein::cli
