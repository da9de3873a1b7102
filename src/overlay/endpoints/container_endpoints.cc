#include "overlay/endpoints/container_endpoints.h"

#include <algorithm>
#include <set>

#include "overlay/endpoints/endpoint_record.h"

namespace skein::overlay {

std::vector<const Endpoint*> endpoints_of(const EndpointBook& book, const std::string& container_id) {
  std::vector<const Endpoint*> out;
  for (const auto& [id, endpoint] : book.endpoints)
    if (endpoint.container_id == container_id) out.push_back(&endpoint);
  std::sort(out.begin(), out.end(), [](auto* a, auto* b) { return a->interface_name < b->interface_name; });
  return out;
}

std::vector<std::string> endpoint_ids_of(const EndpointBook& book, const std::string& container_id) {
  std::vector<std::string> out;
  for (const Endpoint* endpoint : endpoints_of(book, container_id)) out.push_back(endpoint->id);
  return out;
}

const Endpoint* find_endpoint(const EndpointBook& book, const std::string& container_id, const std::string& network) {
  for (const Endpoint* endpoint : endpoints_of(book, container_id))
    if (endpoint->network.id == network || endpoint->network.name == network) return endpoint;
  return nullptr;
}

std::string unused_interface(const EndpointBook& book, const std::string& container_id) {
  std::set<std::string> used;
  for (const Endpoint* endpoint : endpoints_of(book, container_id)) used.insert(endpoint->interface_name);
  for (int i = 0;; ++i)
    if (std::string name = "eth" + std::to_string(i); !used.contains(name)) return name;
}

void choose_default_route(EndpointBook& book, const std::string& container_id) {
  const Endpoint* chosen = nullptr;
  auto rank = [](const Endpoint& endpoint) {
    return std::pair(endpoint.network.is_ingress, endpoint.has_default_route);
  };
  for (const Endpoint* endpoint : endpoints_of(book, container_id))
    if (!endpoint->network.is_internal && (!chosen || rank(*endpoint) > rank(*chosen))) chosen = endpoint;
  if (!chosen) return;
  for (const auto& id : endpoint_ids_of(book, container_id)) book.endpoints.at(id).has_default_route = id == chosen->id;
}

Ipv4 published_address(const EndpointBook& book, const std::string& container_id) {
  Ipv4 out;
  for (const Endpoint* endpoint : endpoints_of(book, container_id))
    if (out.is_unspecified() || endpoint->has_default_route) out = endpoint->address;
  return out;
}

bool has_names(const EndpointBook& book, const std::string& container_id) {
  auto mine = endpoints_of(book, container_id);
  return std::any_of(mine.begin(), mine.end(), [](auto* endpoint) { return !endpoint->network.is_default_bridge; });
}

EndpointStatus endpoint_status(const Endpoint& endpoint) {
  EndpointStatus out;
  out.network_id = endpoint.network.id;
  out.network_name = endpoint.network.name;
  out.endpoint_id = endpoint.id;
  out.address = endpoint.address;
  out.prefix_bits = endpoint.network.subnet.prefix_bits;
  out.is_local = endpoint.network.is_local;
  if (out.is_local) out.gateway = endpoint.network.gateway;
  out.mac = endpoint.mac;
  out.aliases = endpoint.aliases;
  if (!endpoint.network.is_default_bridge) out.dns_names = dns_names(endpoint);
  return out;
}

}  // namespace skein::overlay
