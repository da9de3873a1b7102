#include "agent/network_states.h"

#include "names/records.h"
#include "wire/proto/networkdb.pb.h"

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

void add_local(names::Zone& zone, const Endpoint& endpoint) {
  zone.add_name(endpoint.container_name, endpoint.address);
  zone.add_name(endpoint.container_id.substr(0, 12), endpoint.address);
  zone.add_name(endpoint.hostname, endpoint.address);
  for (const auto& alias : endpoint.aliases) zone.add_name(alias, endpoint.address);
  zone.set_pointer(endpoint.address, endpoint.container_name);
}

void add_remote(names::Zone& zone, const RemoteRecord& remote) {
  networkdb::EndpointRecord record;
  if (!remote.names.empty() && record.ParseFromString(remote.names)) names::add_record(zone, record, remote.address);
}

}  // namespace

std::vector<plan::NetworkState> network_states(const EndpointBook& book, const RemoteRecords& remote) {
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
      if (!e.network.is_local) network.remote = remote_endpoints(remote.of_network(e.network.id));
    }
    network.local.push_back({e.id, e.netns_path, e.interface_name, e.address, e.mac, e.has_default_route});
  }
  std::vector<plan::NetworkState> out;
  for (auto& [id, network] : networks) out.push_back(std::move(network));
  return out;
}

names::Zone make_zone(const NetworkInfo& network, const EndpointBook& book, const std::vector<RemoteRecord>& remote) {
  names::Zone zone(network.name);
  for (const auto& [id, endpoint] : book.endpoints)
    if (endpoint.network.id == network.id) add_local(zone, endpoint);
  for (const RemoteRecord& record : remote) add_remote(zone, record);
  return zone;
}

std::set<std::string> overlay_networks(const EndpointBook& book) {
  std::set<std::string> out;
  for (const auto& [id, endpoint] : book.endpoints)
    if (!endpoint.network.is_local) out.insert(endpoint.network.id);
  return out;
}

}  // namespace skein::agent
