#include "overlay/peers/gossip_records.h"

#include "base/log.h"
#include "overlay/endpoints/endpoint_record.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::overlay {

namespace {

std::string peer_record(const Endpoint& endpoint, Ipv4 host, std::optional<uint64_t> epoch, bool is_in_kernel) {
  networkdb::PeerRecord out;
  out.set_endpoint_ip(InterfaceAddress{endpoint.address, endpoint.network.subnet.prefix_bits}.text());
  out.set_endpoint_mac(endpoint.mac.text());
  out.set_tunnel_endpoint_ip(host.text());
  out.set_is_skein(true);
  out.set_takes_ipv6(true);
  if (endpoint.network.is_encrypted && epoch) {
    out.set_esp_epoch(*epoch);
    out.set_esp_in_kernel(is_in_kernel);
  }
  return out.SerializeAsString();
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
  if (told.key.empty()) told = {endpoint.network.id, random_.hex(64), {}};
  tell(gossip, endpoint, kPeerTable, Record{peer_record(endpoint, *host, epoch_, is_esp_in_kernel_)}, now);
  std::optional<Record> names;
  if (auto record = endpoint_record(endpoint)) names = {record->SerializeAsString(), record->service_disabled()};
  tell(gossip, endpoint, kEndpointTable, std::move(names), now);
  door.flush_gossip();
}

void GossipRecords::close_beginning(SwarmDoor& door) {
  for (const auto& [network, said] : std::map(hosts_)) {
    HostEntry entry = said;
    for (const auto& [id, told] : told_) {
      if (told.network != network) continue;
      entry.told_peers += told.records.contains(kPeerTable);
      entry.told_endpoints += told.records.contains(kEndpointTable);
    }
    tell_of_host(network, std::move(entry), door);
  }
}

// The entry by which the others know that this host is one of ours, and will send receipts.
void GossipRecords::join(gossip::Gossip& gossip, const std::string& network, TimePoint now) {
  gossip.join_network(network, now);
  if (!hosts_.insert({network, {}}).second) return;
  auto created = gossip.create_entry(kHostTable, network, gossip.name(), format_host_entry({}), now);
  if (!created.ok()) log_error("host-not-announced", {{"network", network}, {"why", created.error().text()}});
}

// Docker Engines expect an update from a task that begins to drain, and of nothing else: up to version 28 they ignore
// one that enables a task, and take one of a peer for its end. All other changes are an end and a new beginning.
void GossipRecords::tell(gossip::Gossip& gossip, const Endpoint& endpoint, const char* table,
                         std::optional<Record> record, TimePoint now) {
  auto& [network, key, records] = told_[endpoint.id];
  auto before = records.find(table);
  const bool was_told = before != records.end();
  SKEIN_ASSERT(!key.empty() || (!record && !was_told));
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
  SKEIN_ASSERT(!told_.contains(endpoint.id) || told_.at(endpoint.id).network.empty() ||
               told_.at(endpoint.id).network == endpoint.network.id);
  told_.erase(endpoint.id);
  if (is_last) {
    gossip->leave_network(endpoint.network.id, door.now());  // and all our entries there end
    hosts_.erase(endpoint.network.id);
  }
  door.flush_gossip();
}

void GossipRecords::acknowledge(const std::string& network, const std::set<Receipt>& receipts, SwarmDoor& door) {
  auto said = hosts_.find(network);
  if (said == hosts_.end() || said->second.receipts == receipts) return;
  HostEntry entry = said->second;
  entry.receipts = receipts;
  tell_of_host(network, std::move(entry), door);
}

void GossipRecords::tell_of_host(const std::string& network, HostEntry entry, SwarmDoor& door) {
  SKEIN_ASSERT(entry.receipts.size() <= kReceiptsMax);  // a packet holds it
  gossip::Gossip* gossip = door.gossip();
  if (!gossip) return;
  auto done = gossip->update_entry(kHostTable, network, gossip->name(), format_host_entry(entry), door.now());
  if (!done.ok()) return log_error("host-not-announced", {{"network", network}, {"why", done.error().text()}});
  hosts_[network] = std::move(entry);
  door.flush_gossip();
}

std::string GossipRecords::key_of(const std::string& endpoint_id) const {
  auto found = told_.find(endpoint_id);
  return found == told_.end() ? "" : found->second.key;
}

}  // namespace skein::overlay
