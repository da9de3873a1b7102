#include "api/networks/network_status.h"

namespace skein::api {

using nlohmann::json;

json network_status(const std::vector<control::SubnetUsage>& usage) {
  json ipam = json::object();
  for (const auto& subnet : usage)
    ipam["Subnets"][subnet.subnet.text()] = {{"IPsInUse", subnet.in_use}, {"DynamicIPsAvailable", subnet.free}};
  return {{"IPAM", std::move(ipam)}};
}

}  // namespace skein::api
