// From a container's networking record to what ContainerNetworks is asked for. Pure.
#pragma once

#include "containers/facts/container_json.h"
#include "engine/values/networking_record.h"
#include "overlay/endpoints/container_networks.h"
#include "overlay/host/container_files.h"

namespace skein::containers {

// Ports whose host port is left open get `assigned` numbers ("80/tcp" → host port), or 0 where there is none.
using overlay::AssignedPorts;

// kInvalidArgument for addresses or ports that make no sense.
Result<overlay::ContainerNetworkRequest> network_request(const engine::NetworkingRecord& record,
                                                         const overlay::ContainerState& state,
                                                         const ContainerIdentity& identity);
// Of these, the ports alone.
Result<std::vector<plan::PublishedPort>> published_ports(const engine::NetworkingRecord& record,
                                                         const AssignedPorts& assigned);

// Port specs ("80/tcp") that need a number from the host: bound to "" or "0", or exposed under --publish-all.
std::vector<std::string> ports_to_assign(const engine::NetworkingRecord& record);

// An EndpointSettings object of the API.
Result<overlay::EndpointRequest> endpoint_request(const std::string& network, const nlohmann::json& settings);

}  // namespace skein::containers
