#include "overlay/reconcile/network_states.h"

#include "names/records.h"
#include "overlay/endpoints/endpoint_record.h"

namespace skein::overlay {

namespace {

using RemoteFacts = std::vector<const RemoteIndex::Facts*>;

std::vector<plan::RemoteEndpoint> remote_endpoints(const RemoteFacts& remote) {
  std::vector<plan::RemoteEndpoint> out;
  for (const auto* facts : remote)
    if (facts->mac)
      out.push_back({facts->address, *facts->mac, facts->host, facts->is_docker_engines, facts->takes_ipv6});
  return out;
}

// Calls `each` with the record and the address of every endpoint on the network that has one, and whether its host is
// silent. Of this host's first.
template <class Each>
void for_each_record(const NetworkInfo& network, const EndpointBook& book, const std::vector<RemoteRecord>& remote,
                     Each each) {
  for (const auto& [id, endpoint] : book.endpoints)
    if (endpoint.network.id == network.id)
      if (auto record = endpoint_record(endpoint)) each(*record, endpoint.address, false);
  for (const RemoteRecord& other : remote)
    if (auto record = parse_endpoint_record(other.names, network.subnet)) each(*record, other.address, other.is_silent);
}

// Where records disagree about how to balance, the first kind in the enumeration wins, and the first record of an
// address, so that every host decides alike whatever came when.
std::vector<plan::VirtualService> virtual_services(const NetworkInfo& network, const EndpointBook& book,
                                                   const RemoteFacts& remote, const std::set<Ipv4>* only) {
  struct Service {
    std::optional<plan::Balance> balance;
    std::map<Ipv4, plan::ServiceBackend> backends;
    std::set<plan::ServicePort> ports;
  };
  std::map<Ipv4, Service> services;
  auto take = [&](const BackendClaim& claim, bool is_silent) {
    if (!network.subnet.contains(claim.backend.address) || !network.subnet.contains(claim.virtual_ip)) return;
    plan::ServiceBackend backend = claim.backend;
    backend.is_draining |= is_silent;
    backend.is_silent = is_silent;
    Service& service = services[claim.virtual_ip];
    service.backends.emplace_hint(service.backends.end(), backend.address, backend);  // mostly in order
    if (network.is_ingress) service.ports.insert(claim.ports.begin(), claim.ports.end());
    if (claim.balance) service.balance = std::min(service.balance.value_or(*claim.balance), *claim.balance);
  };
  for (const auto& [id, endpoint] : book.endpoints) {
    if (endpoint.network.id != network.id || (only && !only->contains(endpoint.address))) continue;
    auto record = endpoint_record(endpoint);
    auto claim = record ? backend_claim(*record, endpoint.address) : std::nullopt;
    if (claim) take(*claim, false);
  }
  for (const auto* facts : remote)
    if (facts->claim) take(*facts->claim, facts->is_silent);
  std::vector<plan::VirtualService> out;
  for (const auto& [address, service] : services) {
    SKEIN_ASSERT(!service.backends.empty());
    plan::VirtualService& added = out.emplace_back();
    added.address = address;
    added.balance = service.balance.value_or(plan::Balance::kRoundRobin);
    for (const auto& [backend_address, backend] : service.backends) added.backends.push_back(backend);
    added.ports.assign(service.ports.begin(), service.ports.end());
  }
  return out;
}

// Of the network; null: all of them.
const std::set<Ipv4>* addresses_of(const std::string& network, const Addresses* only) {
  static const std::set<Ipv4> kNone;
  if (!only) return nullptr;
  auto addresses = only->find(network);
  return addresses == only->end() ? &kNone : &addresses->second;
}

}  // namespace

std::optional<Ipv4> claimed_by(const Endpoint& endpoint) {
  if (endpoint.serving == Serving::kJoining || !endpoint.service) return std::nullopt;
  return endpoint.service->virtual_ip;
}

std::vector<OwnClaim> own_claims(const EndpointBook& book, const std::string& network) {
  std::vector<OwnClaim> out;
  for (const auto& [id, endpoint] : book.endpoints) {
    auto virtual_ip = claimed_by(endpoint);
    if (!virtual_ip || endpoint.network.id != network) continue;
    SKEIN_ASSERT(endpoint.service && endpoint.serving != Serving::kJoining);
    OwnClaim& claim = out.emplace_back(OwnClaim{endpoint.address, *virtual_ip, {}});
    for (const auto& port : endpoint.service->ingress_ports)
      claim.ports.push_back({port.protocol, port.published, port.target, port.access});
  }
  return out;
}

std::vector<plan::NetworkState> network_states(const EndpointBook& book, const RemoteRecords& remote,
                                               const Addresses* only) {
  std::map<std::string, plan::NetworkState> networks;
  auto state_of = [&](const NetworkInfo& info) -> plan::NetworkState& {
    auto& network = networks[info.id];
    if (!network.id.empty()) return network;
    network.id = info.id;
    network.name = info.name;
    network.vni = info.vni;
    network.subnet = info.subnet;
    network.gateway = info.gateway;
    network.is_internal = info.is_internal;
    network.is_local = info.is_local;
    network.is_ingress = info.is_ingress;
    network.is_encrypted = info.is_encrypted;
    network.underlay_mtu_bytes = info.underlay_mtu_bytes;
    if (info.is_local) return network;
    const std::set<Ipv4>* addresses = addresses_of(info.id, only);
    const auto facts = remote.index(info.id).facts(addresses);
    network.remote = remote_endpoints(facts);
    network.services = virtual_services(info, book, facts, addresses);
    return network;
  };
  if (book.mesh) state_of(book.mesh->network);
  for (const auto& [id, e] : book.endpoints) {
    auto& network = state_of(e.network);
    const bool has_ipv6_off = e.service && e.service->has_ipv6_off;
    network.local.push_back(
        {e.id, e.netns_path, e.interface_name, e.address, e.mac, e.has_default_route, has_ipv6_off});
  }
  std::vector<plan::NetworkState> out;
  out.reserve(networks.size());
  for (auto& [id, network] : networks) out.push_back(std::move(network));
  return out;
}

names::Zone make_zone(const NetworkInfo& network, const EndpointBook& book, const std::vector<RemoteRecord>& remote) {
  names::Zone zone(network.name);
  for_each_record(network, book, remote, [&](const networkdb::EndpointRecord& record, Ipv4 address, bool is_silent) {
    if (!is_silent && !record.service_disabled()) names::add_record(zone, record, address);
  });
  for_each_record(network, book, remote, [&](const networkdb::EndpointRecord& record, Ipv4, bool is_silent) {
    if (!is_silent && record.service_disabled()) names::add_draining(zone, record);
  });
  return zone;
}

names::Zone make_own_zone(const Endpoint& endpoint) {
  names::Zone zone(endpoint.network.name);
  for (const auto& name : dns_names(endpoint)) zone.add_name(name, endpoint.address);
  zone.set_pointer(endpoint.address, endpoint.container_name);
  return zone;
}

std::set<std::string> encrypted_networks(const EndpointBook& book) {
  std::set<std::string> out;
  for (const auto& [id, endpoint] : book.endpoints)
    if (endpoint.network.is_encrypted) out.insert(endpoint.network.id);
  if (book.mesh && book.mesh->network.is_encrypted) out.insert(book.mesh->network.id);
  return out;
}

std::set<std::string> overlay_networks(const EndpointBook& book) {
  std::set<std::string> out;
  for (const auto& [id, endpoint] : book.endpoints)
    if (!endpoint.network.is_local) out.insert(endpoint.network.id);
  if (book.mesh) out.insert(book.mesh->network.id);
  return out;
}

}  // namespace skein::overlay
