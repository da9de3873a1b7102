#include "agent/gossip_records.h"

#include "base/log.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::agent {

namespace {

std::string peer_record(const Endpoint& endpoint, Ipv4 host) {
  networkdb::PeerRecord out;
  out.set_endpoint_ip(InterfaceAddress{endpoint.address, endpoint.network.subnet.prefix_bits}.text());
  out.set_endpoint_mac(endpoint.mac.text());
  out.set_tunnel_endpoint_ip(host.text());
  return out.SerializeAsString();
}

std::string name_record(const Endpoint& endpoint) {
  networkdb::EndpointRecord out;
  out.set_name(endpoint.container_name);
  out.set_virtual_ip("<nil>");  // as Docker writes "none"
  out.set_endpoint_ip(endpoint.address.text());
  for (const auto& alias : endpoint.aliases) out.add_task_aliases(alias);
  out.add_task_aliases(endpoint.container_id.substr(0, 12));
  return out.SerializeAsString();
}

}  // namespace

void GossipRecords::announce(const Endpoint& endpoint, SwarmDoor& door) {
  if (endpoint.network.is_local || !door.gossip()) return;
  auto host = door.data_path_address();
  if (!host.ok()) return;
  gossip::Gossip& gossip = *door.gossip();
  TimePoint now = door.now();
  const std::string& network = endpoint.network.id;
  gossip.join_network(network, now);
  std::string& key = keys_[endpoint.id];
  if (key.empty()) key = random_.hex(64);
  for (const auto& [table, bytes] :
       {std::pair(kPeerTable, peer_record(endpoint, *host)), std::pair(kEndpointTable, name_record(endpoint))}) {
    auto created = gossip.create_entry(table, network, key, bytes, now);
    if (!created.ok() && created.error().code == Code::kAlreadyExists)
      created = gossip.update_entry(table, network, key, bytes, now);
    if (!created.ok())
      log_error("endpoint-not-announced",
                {{"endpoint", endpoint.id}, {"table", table}, {"why", created.error().text()}});
  }
  door.flush_gossip();
}

void GossipRecords::withdraw(const Endpoint& endpoint, bool is_last, SwarmDoor& door) {
  gossip::Gossip* gossip = door.gossip();
  if (endpoint.network.is_local || !gossip) return;
  // An entry that was never announced, as gossip had not started, is not found; nothing is left to withdraw then.
  for (const char* table : {kEndpointTable, kPeerTable})
    (void)gossip->delete_entry(table, endpoint.network.id, keys_[endpoint.id], door.now());
  keys_.erase(endpoint.id);
  if (is_last) gossip->leave_network(endpoint.network.id, door.now());
  door.flush_gossip();
}

RemoteRecords::Snapshot observe_gossip(SwarmDoor* door, std::set<std::string> networks) {
  RemoteRecords::Snapshot out;
  out.networks = std::move(networks);
  gossip::Gossip* gossip = door ? door->gossip() : nullptr;
  if (!gossip) return out;
  auto own = door->data_path_address();
  for (const auto& member : gossip->members()) {
    if (member.state == gossip::PeerState::kFailed || member.state == gossip::PeerState::kLeft) continue;
    if (!member.address.host.is_v6) out.live_hosts.insert(member.address.host.v4);
  }
  for (const auto& network : out.networks) {
    for (auto& owner : gossip->network_leavers(network)) out.leavers.insert({network, std::move(owner)});
    for (auto& key : gossip->deleted_keys(network, kPeerTable)) out.deleted.insert({network, std::move(key)});
    std::map<std::string, std::string> names;
    for (auto& entry : gossip->entries(network, kEndpointTable)) names[entry.key] = std::move(entry.value);
    for (const auto& entry : gossip->entries(network, kPeerTable)) {
      networkdb::PeerRecord record;
      if (entry.owner == gossip->name() || !record.ParseFromString(entry.value)) continue;
      auto address = InterfaceAddress::parse(record.endpoint_ip());
      auto host = Ipv4::parse(record.tunnel_endpoint_ip());
      // What comes back to us with our own address is of an earlier life.
      if (!address.ok() || !host.ok() || (own.ok() && *host == *own)) continue;
      out.records.push_back({network, entry.key, entry.owner, *host, address->address, entry.value, names[entry.key]});
    }
  }
  return out;
}

}  // namespace skein::agent
