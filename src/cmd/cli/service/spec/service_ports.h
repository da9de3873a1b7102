// Published ports of services: "8080:80/udp", or "published=8080,target=80,protocol=tcp,mode=host". Pure.
#pragma once

#include <vector>

#include "base/result.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

// The API's PortConfigs; a range gives several. Addresses of the host are refused: a service is published everywhere.
Result<std::vector<Json>> parse_service_port(const std::string& text);

// The ports after --publish-rm and --publish-add. A removal names target port, protocol and mode; what is there
// already is not added again.
Json changed_ports(const Json& ports, const std::vector<Json>& removed, const std::vector<Json>& added);

}  // namespace skein::cli
