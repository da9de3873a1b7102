#include "agent/gossip_records.h"

#include "agent/endpoint_record.h"
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

// RFC 1122 section 3.2.1.3: not "this network" (0/8), loopback (127/8), multicast or reserved (224/3). In the data
// path's tables zero means this host.
bool can_be_a_host(Ipv4 address) {
  const uint32_t first_octet = address.value >> 24;
  return first_octet != 0 && first_octet != 127 && first_octet < 224;
}

}  // namespace

void GossipRecords::announce(const Endpoint& endpoint, SwarmDoor& door) {
  if (endpoint.network.is_local || !door.gossip()) return;
  auto host = door.data_path_address();
  if (!host.ok()) return;
  gossip::Gossip& gossip = *door.gossip();
  TimePoint now = door.now();
  join(gossip, endpoint.network.id, now);
  Told& told = told_[endpoint.id];
  if (told.key.empty()) told.key = random_.hex(64);
  tell(gossip, endpoint, kPeerTable, Record{peer_record(endpoint, *host)}, now);
  std::optional<Record> names;
  if (auto record = endpoint_record(endpoint)) names = {record->SerializeAsString(), record->service_disabled()};
  tell(gossip, endpoint, kEndpointTable, std::move(names), now);
  door.flush_gossip();
}

// The entry by which the others know that this host is one of ours, and will send receipts.
void GossipRecords::join(gossip::Gossip& gossip, const std::string& network, TimePoint now) {
  gossip.join_network(network, now);
  if (!receipts_.insert({network, {}}).second) return;
  auto created = gossip.create_entry(kHostTable, network, gossip.name(), format_receipts({}), now);
  if (!created.ok()) log_error("host-not-announced", {{"network", network}, {"why", created.error().text()}});
}

// Docker Engines expect an update from a task that begins to drain, and of nothing else: up to version 28 they ignore
// one that enables a task, and take one of a peer for its end. All other changes are an end and a new beginning.
void GossipRecords::tell(gossip::Gossip& gossip, const Endpoint& endpoint, const char* table,
                         std::optional<Record> record, TimePoint now) {
  auto& [key, records] = told_[endpoint.id];
  auto before = records.find(table);
  const bool was_told = before != records.end();
  if (record && was_told && record->bytes == before->second.bytes) return;
  const bool is_update = record && was_told && record->is_disabled && !before->second.is_disabled;
  Result<void> done;
  if (was_told && !is_update) {
    done = gossip.delete_entry(table, endpoint.network.id, key, now);
    records.erase(table);
  }
  if (done.ok() && record) {
    done = is_update ? gossip.update_entry(table, endpoint.network.id, key, record->bytes, now)
                     : gossip.create_entry(table, endpoint.network.id, key, record->bytes, now);
    if (done.ok()) records[table] = std::move(*record);
  }
  if (!done.ok())
    log_error("endpoint-not-announced", {{"endpoint", endpoint.id}, {"table", table}, {"why", done.error().text()}});
}

void GossipRecords::withdraw(const Endpoint& endpoint, bool is_last, SwarmDoor& door) {
  gossip::Gossip* gossip = door.gossip();
  if (endpoint.network.is_local || !gossip) return;
  // What was never announced, as gossip had not started, has nothing to withdraw.
  for (const char* table : {kEndpointTable, kPeerTable}) tell(*gossip, endpoint, table, std::nullopt, door.now());
  told_.erase(endpoint.id);
  if (is_last) {
    gossip->leave_network(endpoint.network.id, door.now());  // and all our entries there end
    receipts_.erase(endpoint.network.id);
  }
  door.flush_gossip();
}

void GossipRecords::acknowledge(const std::string& network, const std::set<Receipt>& receipts, SwarmDoor& door) {
  gossip::Gossip* gossip = door.gossip();
  auto told = receipts_.find(network);
  if (!gossip || told == receipts_.end() || told->second == receipts) return;
  auto done = gossip->update_entry(kHostTable, network, gossip->name(), format_receipts(receipts), door.now());
  if (!done.ok()) return log_error("receipts-not-sent", {{"network", network}, {"why", done.error().text()}});
  told->second = receipts;
  door.flush_gossip();
}

std::string GossipRecords::key_of(const std::string& endpoint_id) const {
  auto found = told_.find(endpoint_id);
  return found == told_.end() ? "" : found->second.key;
}

RemoteRecords::Snapshot observe_gossip(SwarmDoor* door, std::set<std::string> networks) {
  RemoteRecords::Snapshot out;
  out.networks = std::move(networks);
  gossip::Gossip* gossip = door ? door->gossip() : nullptr;
  if (!gossip) return out;
  auto own = door->data_path_address();
  for (const auto& member : gossip->members()) {
    if (member.state == gossip::PeerState::kFailed || member.state == gossip::PeerState::kLeft) continue;
    if (!member.address.host.is_v6) out.live_hosts[member.address.host.v4] = gossip->heard_at(member.address.host);
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
      if (!address.ok() || !host.ok() || !can_be_a_host(*host) || (own.ok() && *host == *own)) continue;
      out.records.push_back({network, entry.key, entry.owner, *host, address->address, entry.value, names[entry.key]});
    }
  }
  return out;
}

NetworkHosts observe_hosts(const gossip::Gossip& gossip, const std::string& network) {
  NetworkHosts out;
  for (auto& name : gossip.network_peers(network))
    if (name != gossip.name()) out.live.insert(std::move(name));
  for (const auto& entry : gossip.entries(network, kHostTable))
    if (entry.key == entry.owner) out.receipts[entry.owner] = parse_receipts(entry.value);
  return out;
}

}  // namespace skein::agent
