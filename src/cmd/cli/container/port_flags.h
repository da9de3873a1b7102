// -p and --expose: [[address:]port[-port]:]port[-port][/tcp|udp|sctp]. Pure.
#pragma once

#include "base/result.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

struct PortBindings {
  Json bindings = Json::object();  // {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}
  Json exposed = Json::object();   // {"80/tcp": {}}
};
Result<PortBindings> parse_ports(const std::vector<std::string>& published, const std::vector<std::string>& exposed);

}  // namespace skein::cli
