// Own doings and queries; what peers say is in network_db_peers.cc.
#include "gossip/table/network_db.h"

#include <algorithm>

#include "gossip/table/table_digest.h"
#include "gossip/table/table_messages.h"

namespace skein::gossip {

using networkdb::GossipMessage;
using networkdb::TableEvent;

namespace {

bool is_usable_name(const std::string& text) {
  return !text.empty() && text.size() <= NetworkDb::kNameBytesMax && text.find('/') == std::string::npos;
}

std::string subject_of(const EntryTable::Key& key) { return key.first + "/" + key.second; }

int32_t seconds(Duration duration) {
  return static_cast<int32_t>(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

}  // namespace

NetworkDb::NetworkDb(std::string self, PeerAddress address, GossipTimings timings, size_t table_packet_bytes_max)
    : self_(std::move(self)),
      timings_(timings),
      table_packet_bytes_max_(table_packet_bytes_max),
      directory_(address, timings) {}

// ---- nodes and networks

void NetworkDb::announce_node(bool is_join) {
  networkdb::NodeEvent event;
  event.set_type(is_join ? networkdb::NodeEvent::JOIN : networkdb::NodeEvent::LEAVE);
  event.set_l_time(network_clock_.increment());
  event.set_node_name(self_);
  cluster_queue_.put("node/" + self_, wrap(GossipMessage::NODE_EVENT, event));
}

void NetworkDb::announce_network(const std::string& network, OwnNetwork& own) {
  own.ltime = network_clock_.increment();
  queue_network_event({self_, network, own.ltime, own.is_leaving});
}

void NetworkDb::queue_network_event(const LateNews& news) {
  networkdb::NetworkEvent event;
  event.set_type(news.is_leaving ? networkdb::NetworkEvent::LEAVE : networkdb::NetworkEvent::JOIN);
  event.set_l_time(news.ltime);
  event.set_node_name(news.node);
  event.set_network_id(news.network);
  cluster_queue_.put("network/" + news.node + "/" + news.network, wrap(GossipMessage::NETWORK_EVENT, event));
}

void NetworkDb::announce_networks() {
  for (auto& [id, own] : own_networks_)
    if (!own.is_leaving) announce_network(id, own);
}

// Sent as CREATE: Docker up to 28 takes an UPDATE of a peer record for its deletion, and a CREATE of what it has is
// harmless.
void NetworkDb::announce_entries() {
  for (auto& [id, own] : own_networks_) {
    std::vector<std::pair<EntryTable::Key, std::string>> mine;
    for (const auto& [key, entry] : own.entries.all())
      if (entry.owner == self_ && !entry.is_deleted) mine.emplace_back(key, entry.value);
    for (auto& [key, value] : mine) write_own(id, own, key, std::move(value), TableEvent::CREATE, {});
  }
}

void NetworkDb::join_network(const std::string& network, TimePoint now) {
  if (!is_usable_name(network) || is_on(network) || own_networks_.size() >= kOwnNetworksMax) return;
  OwnNetwork& own = own_networks_[network];
  SKEIN_ASSERT(own_networks_.size() <= kOwnNetworksMax);
  own.is_leaving = false;
  own.is_in_sync = directory_.members(network).empty();
  announce_network(network, own);
  events_.push_back(NetworkPeersChanged{network});
  settle(now);
}

void NetworkDb::leave_network(const std::string& network, TimePoint now) {
  OwnNetwork* own = this->own(network);
  if (!own) return;
  std::vector<std::pair<EntryTable::Key, std::string>> mine;
  for (const auto& [key, entry] : own->entries.all())
    if (entry.owner == self_ && !entry.is_deleted) mine.emplace_back(key, entry.value);
  for (auto& [key, value] : mine)
    write_own(network, *own, key, std::move(value), TableEvent::DELETE, now + timings_.tombstone_keep);
  own->is_leaving = true;
  own->reap_at = now + timings_.left_network_keep;
  announce_network(network, *own);
  report(network, own->entries.clear());
  seen_.clear();
}

void NetworkDb::mark_in_sync(const std::string& network) {
  if (OwnNetwork* own = this->own(network)) own->is_in_sync = true;
}

// ---- entries

Result<NetworkDb::OwnNetwork*> NetworkDb::writable(const std::string& table, const std::string& network,
                                                   const std::string& key, const std::string& value) {
  std::string what = "write entry " + table + "/" + network + "/" + key;
  if (!is_usable_name(table) || !is_usable_name(key))
    return make_error(Code::kInvalidArgument, what, "table names and keys are 1 to 255 bytes without '/'");
  if (value.size() > kValueBytesMax) return make_error(Code::kInvalidArgument, what, "the value is too large");
  OwnNetwork* own = this->own(network);
  if (!own) return make_error(Code::kFailedPrecondition, what, "this host is not on the network", "join it first");
  return own;
}

Result<void> NetworkDb::create_entry(const std::string& table, const std::string& network, const std::string& key,
                                     std::string value) {
  SKEIN_TRY_ASSIGN(OwnNetwork * own, writable(table, network, key, value));
  const StoredEntry* known = own->entries.find({table, key});
  if (known && !known->is_deleted)
    return make_error(Code::kAlreadyExists, "create entry " + table + "/" + network + "/" + key, "it exists");
  if (!known && own->entries.all().size() >= EntryTable::kEntriesMax)
    return make_error(Code::kResourceExhausted, "create entry " + table + "/" + network + "/" + key,
                      "the network has too many entries");
  write_own(network, *own, {table, key}, std::move(value), TableEvent::CREATE, {});
  return {};
}

Result<void> NetworkDb::update_entry(const std::string& table, const std::string& network, const std::string& key,
                                     std::string value) {
  SKEIN_TRY_ASSIGN(OwnNetwork * own, writable(table, network, key, value));
  const StoredEntry* known = own->entries.find({table, key});
  if (!known || known->is_deleted || known->owner != self_)
    return make_error(Code::kNotFound, "update entry " + table + "/" + network + "/" + key, "no such own entry");
  write_own(network, *own, {table, key}, std::move(value), TableEvent::UPDATE, {});
  return {};
}

Result<void> NetworkDb::delete_entry(const std::string& table, const std::string& network, const std::string& key,
                                     TimePoint now) {
  SKEIN_TRY_ASSIGN(OwnNetwork * own, writable(table, network, key, {}));
  const StoredEntry* known = own->entries.find({table, key});
  if (!known || known->is_deleted || known->owner != self_)
    return make_error(Code::kNotFound, "delete entry " + table + "/" + network + "/" + key, "no such own entry");
  std::string value = known->value;
  write_own(network, *own, {table, key}, std::move(value), TableEvent::DELETE, now + timings_.tombstone_keep);
  return {};
}

void NetworkDb::write_own(const std::string& network, OwnNetwork& own, const EntryTable::Key& key, std::string value,
                          TableEvent::T type, TimePoint reap_at) {
  SKEIN_ASSERT(!own.is_leaving);
  bool is_delete = type == TableEvent::DELETE;
  TableEvent event;
  event.set_type(type);
  event.set_l_time(table_clock_.increment());
  event.set_node_name(self_);
  event.set_network_id(network);
  event.set_table_name(key.first);
  event.set_key(key.second);
  event.set_value(value);
  if (is_delete) event.set_residual_reap_time(seconds(timings_.tombstone_keep));
  const auto verdict = own.entries.apply(key, {self_, event.l_time(), std::move(value), is_delete, reap_at}, self_);
  SKEIN_ASSERT(verdict.is_news && "our own clock is ahead of all that was told");

  std::string bytes = wrap(GossipMessage::TABLE_EVENT, event);
  // A deletion still in the queue stays there when the key is created anew: Docker up to 28 must see both.
  own.queue.erase(subject_of(key) + "/live");
  if (bytes.size() + kTableMessageOverhead > table_packet_bytes_max_)
    events_.push_back(LargeEntry{network});
  else
    own.queue.put(subject_of(key) + (is_delete ? "/deleted" : "/live"), std::move(bytes));
}

void NetworkDb::relay_table_event(OwnNetwork& own, const TableEvent& event, std::string_view raw, Source source) {
  bool is_delete = event.type() == TableEvent::DELETE;
  if (!own.is_in_sync) return;
  if (is_delete && event.residual_reap_time() <= kTombstoneRelaySecondsMin) return;
  if (source == Source::kBulkSync && own.queue.size() > kBulkRelayQueueMax) return;
  if (raw.size() + kTableMessageOverhead > table_packet_bytes_max_) return;
  std::string subject = subject_of({event.table_name(), event.key()});
  own.queue.erase(subject + "/live");
  own.queue.put(subject + (is_delete ? "/deleted" : "/live"), std::string(raw));
}

void NetworkDb::reap(TimePoint now) {
  directory_.reap(now);
  for (auto& [id, own] : own_networks_)
    if (own.entries.reap(now) > 0) seen_.clear();
  std::erase_if(own_networks_, [&](const auto& pair) { return pair.second.is_leaving && pair.second.reap_at <= now; });
  for (auto& [key, events] : parked_)
    parked_count_ -= std::erase_if(events, [&](const auto& e) { return now - e.second.since > kParkedKeep; });
  std::erase_if(parked_, [](const auto& pair) { return pair.second.empty(); });
  SKEIN_ASSERT(parked_count_ >= parked_.size() && (parked_count_ == 0) == parked_.empty());
  settle(now);
}

// ---- for peers

std::string NetworkDb::push_pull_state(bool is_join) {
  if (is_join)
    for (auto& [id, own] : own_networks_) own.ltime = network_clock_.increment();
  networkdb::NetworkPushPull state;
  state.set_l_time(network_clock_.now());
  state.set_node_name(self_);
  auto add = [&](const std::string& node, const std::string& network, LamportTime ltime, bool is_leaving) {
    networkdb::NetworkEntry* entry = state.add_networks();
    entry->set_network_id(network);
    entry->set_l_time(ltime);
    entry->set_node_name(node);
    entry->set_leaving(is_leaving);
  };
  for (const auto& [id, own] : own_networks_) add(self_, id, own.ltime, own.is_leaving);
  for (const auto& [name, node] : directory_.nodes())
    for (const auto& [network, a] : node.attachments)
      if (a.ltime > 0) add(name, network, a.ltime, a.is_leaving);
  return wrap(GossipMessage::PUSH_PULL, state);
}

std::vector<std::string> NetworkDb::bulk_sync(const std::vector<std::string>& networks, bool is_unsolicited,
                                              TimePoint now) {
  std::vector<std::string> out;
  std::vector<std::string> parts;
  size_t bytes = 0;
  auto finish = [&] {
    networkdb::BulkSyncMessage message;
    message.set_l_time(table_clock_.increment());
    message.set_unsolicited(is_unsolicited && out.empty());  // one answer is enough
    message.set_node_name(self_);
    for (const std::string& network : networks) message.add_networks(network);
    message.set_payload(wrap_compound(parts));
    out.push_back(wrap(GossipMessage::BULK_SYNC, message));
    parts.clear();
    bytes = 0;
  };
  for (const std::string& network : networks) {
    const OwnNetwork* own = this->own(network);
    if (!own) continue;
    for (const auto& [key, entry] : own->entries.all()) {
      bool is_of_member = entry.owner == self_ || directory_.is_attached(entry.owner, network);
      if (entry.is_deleted && !is_of_member) continue;
      TableEvent event;
      event.set_type(entry.is_deleted ? TableEvent::DELETE : TableEvent::CREATE);
      event.set_l_time(entry.ltime);
      event.set_node_name(entry.owner);
      event.set_network_id(network);
      event.set_table_name(key.first);
      event.set_key(key.second);
      event.set_value(entry.value);
      if (entry.is_deleted) event.set_residual_reap_time(std::max(1, seconds(entry.reap_at - now)));
      parts.push_back(wrap(GossipMessage::TABLE_EVENT, event));
      bytes += parts.back().size();
      if (bytes > kBulkPayloadBytesMax) finish();
    }
  }
  if (out.empty() || !parts.empty()) finish();
  SKEIN_ASSERT(!out.empty() && parts.empty());
  return out;
}

// ---- queries

NetworkDb::OwnNetwork* NetworkDb::own(const std::string& network) {
  auto it = own_networks_.find(network);
  return it == own_networks_.end() || it->second.is_leaving ? nullptr : &it->second;
}

const NetworkDb::OwnNetwork* NetworkDb::own(const std::string& network) const {
  return const_cast<NetworkDb*>(this)->own(network);
}

bool NetworkDb::is_on(const std::string& network) const { return own(network) != nullptr; }

std::vector<std::string> NetworkDb::own_networks() const {
  std::vector<std::string> out;
  for (const auto& [id, own] : own_networks_)
    if (!own.is_leaving) out.push_back(id);
  return out;
}

std::vector<std::string> NetworkDb::shared_networks(const std::string& peer) const {
  std::vector<std::string> out = own_networks();
  std::erase_if(out, [&](const std::string& network) { return !directory_.is_attached(peer, network); });
  return out;
}

uint64_t NetworkDb::digest() const {
  uint64_t sum = 0;
  for (const auto& [id, own] : own_networks_) sum += network_digest(id, own.entries.digest());
  return sum;
}

uint64_t NetworkDb::digest_shared_with(const std::string& peer) const {
  uint64_t sum = 0;
  for (const auto& [id, own] : own_networks_)
    if (!own.is_leaving && directory_.is_attached(peer, id)) sum += network_digest(id, own.entries.digest());
  return sum;
}

std::vector<Entry> NetworkDb::entries(const std::string& network, const std::string& table) const {
  std::vector<Entry> out;
  const OwnNetwork* own = this->own(network);
  if (!own) return out;
  const auto& all = own->entries.all();
  for (auto it = all.lower_bound({table, ""}); it != all.end() && it->first.first == table; ++it)
    if (!it->second.is_deleted) out.push_back({it->first.second, it->second.owner, it->second.value});
  return out;
}

std::vector<std::string> NetworkDb::deleted_keys(const std::string& network, const std::string& table) const {
  std::vector<std::string> out;
  const OwnNetwork* own = this->own(network);
  if (!own) return out;
  const auto& all = own->entries.all();
  for (auto it = all.lower_bound({table, ""}); it != all.end() && it->first.first == table; ++it)
    if (it->second.is_deleted) out.push_back(it->first.second);
  return out;
}

const StoredEntry* NetworkDb::find(const std::string& network, const std::string& table, const std::string& key) const {
  const OwnNetwork* own = this->own(network);
  return own ? own->entries.find({table, key}) : nullptr;
}

bool NetworkDb::has_entry_of(const std::string& network, const std::string& owner) const {
  const OwnNetwork* own = this->own(network);
  return own && own->entries.owners().contains(owner);
}

std::map<std::string, size_t> NetworkDb::told_by_owner(const std::string& network, const std::string& table) const {
  std::map<std::string, size_t> out;
  const OwnNetwork* own = this->own(network);
  if (!own) return out;
  const auto& all = own->entries.all();
  for (auto it = all.lower_bound({table, ""}); it != all.end() && it->first.first == table; ++it)
    ++out[it->second.owner];
  return out;
}

bool NetworkDb::has_unsent_table_events() const {
  return std::ranges::any_of(own_networks_, [](const auto& pair) { return pair.second.queue.has_unsent(); });
}

bool NetworkDb::has_broadcasts() const {
  return !cluster_queue_.empty() ||
         std::ranges::any_of(own_networks_, [](const auto& pair) { return !pair.second.queue.empty(); });
}

std::vector<std::pair<std::string, BroadcastQueue*>> NetworkDb::table_queues() {
  std::vector<std::pair<std::string, BroadcastQueue*>> out;
  for (auto& [id, own] : own_networks_)
    if (!own.queue.empty()) out.emplace_back(id, &own.queue);
  return out;
}

}  // namespace skein::gossip
