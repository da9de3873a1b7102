#include "api/networks/own_endpoints.h"

#include <map>

#include "api/networks/pseudo_networks.h"
#include "plan/mesh.h"

namespace skein::api {

using nlohmann::json;

namespace {

constexpr const char* kIngressSandbox = "ingress-sbox";
constexpr size_t kShortIdSize = 12;  // digits of a container's id in its endpoint's name

json endpoint_json(const std::string& name, const overlay::Endpoint& endpoint, const InterfaceAddress& address) {
  return {{"Name", name},
          {"EndpointID", endpoint.id},
          {"MacAddress", endpoint.mac.text()},
          {"IPv4Address", address.text()},
          {"IPv6Address", ""}};
}

InterfaceAddress address_of(const overlay::Endpoint& endpoint) {
  return {endpoint.address, endpoint.network.subnet.prefix_bits};
}

bool leaves_here(const overlay::Endpoint& endpoint) {
  return endpoint.has_default_route && !endpoint.network.is_local && !endpoint.network.is_internal;
}

}  // namespace

json way_out_network(const overlay::EndpointBook& book, const std::string& default_network_id) {
  std::map<Subnet, Ipv4> subnets;  // with their gateways
  json containers = json::object();
  for (const auto& [id, endpoint] : book.endpoints) {
    if (!leaves_here(endpoint)) continue;
    subnets.emplace(endpoint.network.subnet, endpoint.network.gateway);
    const std::string name = "gateway_" + endpoint.container_id.substr(0, kShortIdSize);
    containers[endpoint.container_id] = endpoint_json(name, endpoint, address_of(endpoint));
  }
  if (book.mesh) {
    const InterfaceAddress entry{plan::kMeshEntry, plan::kMeshPrefixBits};
    subnets.emplace(entry.subnet(), plan::kMeshClient);
    json& own = containers[kIngressSandbox];
    own = endpoint_json("gateway_" + std::string(kIngressSandbox), *book.mesh, entry);
    own["MacAddress"] = "";  // that of ingress is not the device's
  }
  json out = pseudo_network(kWayOutName, "bridge", default_network_id);
  for (const auto& [subnet, gateway] : subnets)
    out["IPAM"]["Config"].push_back({{"Subnet", subnet.text()}, {"Gateway", gateway.text()}});
  out["Containers"] = std::move(containers);
  out["Options"] = {{"com.docker.network.bridge.enable_icc", "false"},
                    {"com.docker.network.bridge.enable_ip_masquerade", "true"},
                    {"com.docker.network.bridge.name", kWayOutName}};
  return out;
}

json ingress_endpoint(const overlay::EndpointBook& book, const std::string& network_id) {
  if (!book.mesh || book.mesh->network.id != network_id) return json::object();
  return {{kIngressSandbox, endpoint_json("ingress-endpoint", *book.mesh, address_of(*book.mesh))}};
}

}  // namespace skein::api
