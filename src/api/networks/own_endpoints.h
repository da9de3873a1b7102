// What Docker's users look for on a node of a swarm and our hosts have in another form: the network `docker_gwbridge`,
// by which containers of overlay networks leave the host, and the host's own endpoint on ingress. Shown as what stands
// for them here: the containers leave by NAT of their overlay network's addresses, and the host enters the mesh by the
// device `skein-mesh`. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "overlay/endpoints/endpoint.h"

namespace skein::api {

inline constexpr const char* kWayOutName = "docker_gwbridge";

// As `network inspect` shows it: the subnets of which this host has containers that leave by it, those containers with
// the addresses that are translated, and the host's own device. Its id is this host's own and stays: derived from the
// id of its default network.
nlohmann::json way_out_network(const overlay::EndpointBook& book, const std::string& default_network_id);

// The host's own endpoint, by the id that Docker gives it in the place of a container's; empty on other networks.
nlohmann::json ingress_endpoint(const overlay::EndpointBook& book, const std::string& network_id);

}  // namespace skein::api
