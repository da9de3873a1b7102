#include "overlay/peers/gossip_view.h"

#include "overlay/peers/gossip_lives.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::overlay {

namespace {

// RFC 1122 section 3.2.1.3: not "this network" (0/8), loopback (127/8), multicast or reserved (224/3). In the data
// path's tables zero means this host.
bool can_be_a_host(Ipv4 address) {
  const uint32_t first_octet = address.value >> 24;
  return first_octet != 0 && first_octet != 127 && first_octet < 224;
}

// None if this is no endpoint of another host.
std::optional<RemoteRecord> remote_record(const std::string& network, const gossip::Entry& peer, std::string names,
                                          const gossip::Gossip& gossip, const Result<Ipv4>& own) {
  networkdb::PeerRecord record;
  if (peer.owner == gossip.name() || !record.ParseFromString(peer.value)) return std::nullopt;
  auto address = InterfaceAddress::parse(record.endpoint_ip());
  auto host = Ipv4::parse(record.tunnel_endpoint_ip());
  // What comes back to us with our own address is of an earlier life.
  if (!address.ok() || !host.ok() || !can_be_a_host(*host) || (own.ok() && *host == *own)) return std::nullopt;
  return RemoteRecord{network, peer.key, peer.owner, *host, address->address, peer.value, std::move(names)};
}

void take(RemoteRecord record, const gossip::Gossip& gossip, RemoteRecords::Snapshot& out) {
  if (record.names.empty() && gossip.is_deleted(record.network, kEndpointTable, record.key))
    out.names_taken_back.insert({record.network, record.key});
  out.records.push_back(std::move(record));
}

// Who has told on the network all that it has, and has taken over from earlier names.
void observe_successors(const gossip::Gossip& gossip, const std::string& network,
                        const std::map<std::string, std::set<std::string>>& earlier_names,
                        RemoteRecords::Snapshot& out) {
  auto peers = gossip.told_by_owner(network, kPeerTable), endpoints = gossip.told_by_owner(network, kEndpointTable);
  for (const auto& [name, earlier] : earlier_names) {
    auto entry = gossip.entry(network, kHostTable, name);
    const HostEntry said = entry && entry->owner == name ? parse_host_entry(entry->value) : HostEntry{};
    if (said.told_peers == 0 || peers[name] < said.told_peers || endpoints[name] < said.told_endpoints) continue;
    for (const auto& before : earlier) out.succeeded.insert({network, before});
  }
}

// For records that are not told.
void observe_lives(const gossip::Gossip& gossip, RemoteRecords::Snapshot& out) {
  std::map<std::string, std::set<std::string>> earlier_names;
  for (const auto& member : gossip.members()) {
    out.ended.merge(parse_ended_names(member.metadata));
    if (member.state == gossip::PeerState::kFailed || member.state == gossip::PeerState::kLeft) continue;
    if (auto names = parse_earlier_names(member.metadata); !names.empty())
      earlier_names[member.name] = std::move(names);
    if (!member.address.host.is_v6) out.live_hosts[member.address.host.v4] = gossip.heard_at(member.address.host);
  }
  for (const auto& network : out.networks) {
    for (auto& owner : gossip.network_leavers(network)) out.leavers.insert({network, std::move(owner)});
    if (!earlier_names.empty()) observe_successors(gossip, network, earlier_names, out);
  }
}

}  // namespace

RemoteRecords::Snapshot observe_gossip(SwarmDoor* door, std::set<std::string> networks) {
  RemoteRecords::Snapshot out;
  out.networks = std::move(networks);
  gossip::Gossip* gossip = door ? door->gossip() : nullptr;
  if (!gossip) return out;
  const auto own = door->data_path_address();
  observe_lives(*gossip, out);
  for (const auto& network : out.networks) {
    for (auto& key : gossip->deleted_keys(network, kPeerTable)) out.deleted.insert({network, std::move(key)});
    std::map<std::string, std::string> names;
    for (auto& entry : gossip->entries(network, kEndpointTable)) names[entry.key] = std::move(entry.value);
    for (const auto& entry : gossip->entries(network, kPeerTable))
      if (auto record = remote_record(network, entry, names[entry.key], *gossip, own))
        take(std::move(*record), *gossip, out);
  }
  return out;
}

RemoteRecords::Snapshot observe_changes(SwarmDoor& door, std::set<std::string> networks,
                                        const std::set<RemoteRecords::Id>& changed,
                                        const std::set<RemoteRecords::Id>& untold, bool is_unsettled) {
  RemoteRecords::Snapshot out;
  out.networks = std::move(networks);
  out.no_longer_told.emplace();
  const gossip::Gossip& gossip = *door.gossip();
  const auto own = door.data_path_address();
  for (const auto& [network, key] : changed) {
    std::optional<RemoteRecord> record;
    if (auto peer = gossip.entry(network, kPeerTable, key)) {
      auto names = gossip.entry(network, kEndpointTable, key);
      record = remote_record(network, *peer, names ? std::move(names->value) : "", gossip, own);
    }
    if (record)
      take(std::move(*record), gossip, out);
    else
      out.no_longer_told->insert({network, key});
  }
  if (!is_unsettled && out.no_longer_told->empty()) return out;
  observe_lives(gossip, out);
  for (const std::set<RemoteRecords::Id>* ids :
       {&untold, static_cast<const std::set<RemoteRecords::Id>*>(&*out.no_longer_told)})
    for (const auto& [network, key] : *ids)
      if (gossip.is_deleted(network, kPeerTable, key)) out.deleted.insert({network, key});
  return out;
}

NetworkHosts observe_hosts(const gossip::Gossip& gossip, const std::string& network) {
  NetworkHosts out;
  for (auto& name : gossip.network_peers(network))
    if (name != gossip.name()) out.live.insert(std::move(name));
  for (const auto& entry : gossip.entries(network, kHostTable))
    if (entry.key == entry.owner) out.receipts[entry.owner] = parse_host_entry(entry.value).receipts;
  return out;
}

}  // namespace skein::overlay
