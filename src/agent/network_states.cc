#include "agent/network_states.h"

#include "agent/endpoint_record.h"
#include "names/records.h"

namespace skein::agent {

namespace {

std::vector<plan::RemoteEndpoint> remote_endpoints(const std::vector<RemoteRecord>& records) {
  std::vector<plan::RemoteEndpoint> out;
  for (const RemoteRecord& remote : records) {
    networkdb::PeerRecord record;
    if (!record.ParseFromString(remote.peer)) continue;
    if (auto mac = Mac::parse(record.endpoint_mac()); mac.ok()) out.push_back({remote.address, *mac, remote.host});
  }
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
                                                   const std::vector<RemoteRecord>& remote) {
  struct Service {
    std::optional<plan::Balance> balance;
    std::map<Ipv4, plan::ServiceBackend> backends;
  };
  std::map<Ipv4, Service> services;
  for_each_record(network, book, remote, [&](const networkdb::EndpointRecord& record, Ipv4 address, bool is_silent) {
    auto claim = backend_claim(record, address);
    if (!claim || !network.subnet.contains(address)) return;
    if (is_silent) claim->backend.is_draining = true;
    Service& service = services[claim->virtual_ip];
    service.backends.insert({address, claim->backend});
    if (claim->balance) service.balance = std::min(service.balance.value_or(*claim->balance), *claim->balance);
  });
  std::vector<plan::VirtualService> out;
  for (const auto& [address, service] : services) {
    plan::VirtualService& added = out.emplace_back();
    added.address = address;
    added.balance = service.balance.value_or(plan::Balance::kRoundRobin);
    for (const auto& [backend_address, backend] : service.backends) added.backends.push_back(backend);
  }
  return out;
}

std::vector<RemoteRecord> records_of(const std::string& network, const RemoteRecords& remote, const Addresses* only) {
  if (!only) return remote.of_network(network);
  RemoteIndex::Keys keys;
  if (auto addresses = only->find(network); addresses != only->end())
    for (Ipv4 address : addresses->second) keys.merge(remote.index(network).at(address));
  return remote.of_keys(network, keys);
}

}  // namespace

std::vector<std::pair<Ipv4, Ipv4>> own_claims(const EndpointBook& book, const std::string& network) {
  std::vector<std::pair<Ipv4, Ipv4>> out;
  for (const auto& [id, endpoint] : book.endpoints)
    if (endpoint.network.id == network && endpoint.service && endpoint.service->virtual_ip)
      out.emplace_back(endpoint.address, *endpoint.service->virtual_ip);
  return out;
}

std::vector<plan::NetworkState> network_states(const EndpointBook& book, const RemoteRecords& remote,
                                               const Addresses* only) {
  std::map<std::string, plan::NetworkState> networks;
  for (const auto& [id, e] : book.endpoints) {
    auto& network = networks[e.network.id];
    if (network.id.empty()) {
      network.id = e.network.id;
      network.name = e.network.name;
      network.vni = e.network.vni;
      network.subnet = e.network.subnet;
      network.gateway = e.network.gateway;
      network.is_internal = e.network.is_internal;
      network.is_local = e.network.is_local;
      network.underlay_mtu_bytes = e.network.underlay_mtu_bytes;
      if (!e.network.is_local) {
        const auto records = records_of(e.network.id, remote, only);
        for (const auto& [host, count] : remote.index(e.network.id).hosts()) network.hosts.insert(host);
        network.remote = remote_endpoints(records);
        network.services = virtual_services(e.network, book, records);
      }
    }
    network.local.push_back({e.id, e.netns_path, e.interface_name, e.address, e.mac, e.has_default_route});
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

std::set<std::string> overlay_networks(const EndpointBook& book) {
  std::set<std::string> out;
  for (const auto& [id, endpoint] : book.endpoints)
    if (!endpoint.network.is_local) out.insert(endpoint.network.id);
  return out;
}

}  // namespace skein::agent
