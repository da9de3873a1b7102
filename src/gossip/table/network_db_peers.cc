// What peers say about nodes, networks and entries.
#include <algorithm>

#include "gossip/table/network_db.h"
#include "gossip/table/table_messages.h"

namespace skein::gossip {

using networkdb::GossipMessage;
using networkdb::TableEvent;

namespace {

// A compound of compounds is nothing that a peer sends; a bulk sync holds one.
constexpr int kDepthMax = 2;

template <class T>
bool parse(std::string_view data, T& out) {
  return out.ParseFromArray(data.data(), static_cast<int>(data.size()));
}

bool is_known_time(LamportTime ltime) { return ltime > 0 && ltime <= kLamportMax; }
bool is_short(const std::string& text) { return !text.empty() && text.size() <= NetworkDb::kNameBytesMax; }

}  // namespace

bool NetworkDb::on_message(std::string_view bytes, TimePoint now) {
  bool ok = on_wrapped(bytes, Source::kGossip, 0, now);
  settle(now);
  return ok;
}

bool NetworkDb::on_wrapped(std::string_view bytes, Source source, int depth, TimePoint now) {
  auto message = unwrap(bytes);
  if (!message.ok() || depth > kDepthMax) return false;
  switch (message->type) {
    case GossipMessage::NODE_EVENT: return on_node_event(message->data, bytes, now);
    case GossipMessage::NETWORK_EVENT: return on_network_event(message->data, bytes, now);
    case GossipMessage::TABLE_EVENT: return on_table_event(message->data, bytes, source, now);
    case GossipMessage::COMPOUND: return on_compound(message->data, source, depth, now);
    case GossipMessage::BULK_SYNC: return source == Source::kGossip && on_bulk_sync(message->data, now);
    default: return false;  // PUSH_PULL is only valid as user state
  }
}

bool NetworkDb::on_compound(std::string_view data, Source source, int depth, TimePoint now) {
  auto parts = unwrap_compound(data);
  if (!parts.ok()) return false;
  bool ok = true;
  for (std::string_view part : *parts) ok &= on_wrapped(part, source, depth + 1, now);
  return ok;
}

bool NetworkDb::on_node_event(std::string_view data, std::string_view raw, TimePoint now) {
  networkdb::NodeEvent event;
  if (!parse(data, event) || !is_known_time(event.l_time())) return false;
  network_clock_.witness(event.l_time());
  if (event.node_name() == self_) return true;
  bool is_leave = event.type() == networkdb::NodeEvent::LEAVE;
  bool is_news = is_leave ? directory_.node_left(event.node_name(), event.l_time(), now)
                          : directory_.node_joined(event.node_name(), event.l_time(), now);
  if (is_news) cluster_queue_.put("node/" + event.node_name(), std::string(raw));
  return true;
}

bool NetworkDb::on_network_event(std::string_view data, std::string_view raw, TimePoint now) {
  networkdb::NetworkEvent event;
  if (!parse(data, event) || !is_known_time(event.l_time())) return false;
  if (!is_short(event.node_name()) || !is_short(event.network_id())) return false;
  network_clock_.witness(event.l_time());
  if (event.node_name() == self_) return true;
  bool is_leave = event.type() == networkdb::NetworkEvent::LEAVE;
  auto apply = is_leave ? &Directory::network_left : &Directory::network_joined;
  if ((directory_.*apply)(event.node_name(), event.network_id(), event.l_time(), now))
    cluster_queue_.put("network/" + event.node_name() + "/" + event.network_id(), std::string(raw));
  return true;
}

bool NetworkDb::merge_push_pull(std::string_view user_state, TimePoint now) {
  auto message = unwrap(user_state);
  networkdb::NetworkPushPull state;
  if (!message.ok() || message->type != GossipMessage::PUSH_PULL || !parse(message->data, state)) return false;
  network_clock_.witness(state.l_time());
  if (is_known_time(state.l_time())) directory_.node_joined(state.node_name(), state.l_time(), now);
  for (const networkdb::NetworkEntry& entry : state.networks()) {
    if (entry.node_name() == self_ || !is_known_time(entry.l_time())) continue;
    if (!is_short(entry.node_name()) || !is_short(entry.network_id())) continue;
    network_clock_.witness(entry.l_time());
    // A third party's word about a node that is not active here is too old to be kept.
    const Directory::Known* node = directory_.find(entry.node_name());
    if ((!node || !node->is_active()) && entry.node_name() != state.node_name()) continue;
    auto apply = entry.leaving() ? &Directory::network_left : &Directory::network_joined;
    (directory_.*apply)(entry.node_name(), entry.network_id(), entry.l_time(), now);
  }
  size_t before = events_.size();
  settle(now);
  auto learned = [](DbEvent& event) { return std::get_if<PeerAttached>(&event); };
  auto count = std::count_if(events_.begin() + static_cast<std::ptrdiff_t>(before), events_.end(), learned);
  for (size_t i = before; i < events_.size(); ++i)
    if (auto* attached = learned(events_[i])) attached->together = static_cast<size_t>(count);
  return true;
}

bool NetworkDb::on_bulk_sync(std::string_view data, TimePoint now) {
  networkdb::BulkSyncMessage message;
  if (!parse(data, message) || !is_short(message.node_name())) return false;
  table_clock_.witness(message.l_time());
  BulkSyncReceived event{message.node_name(), message.unsolicited(), {}};
  size_t count = std::min<size_t>(static_cast<size_t>(message.networks_size()), kOwnNetworksMax);
  event.networks.assign(message.networks().begin(), message.networks().begin() + static_cast<int>(count));
  // Who asks for a network's entries is on it. (An answer repeats the list of the question, so it proves nothing.)
  if (message.unsolicited())
    for (const std::string& network : event.networks)
      if (is_on(network)) directory_.infer_attachment(message.node_name(), network);
  settle(now);
  bool ok = message.payload().empty() || on_wrapped(message.payload(), Source::kBulkSync, 1, now);
  events_.push_back(std::move(event));
  return ok;
}

// ---- entries

bool NetworkDb::on_table_event(std::string_view data, std::string_view raw, Source source, TimePoint now) {
  if (seen_.contains(raw)) return true;
  TableEvent event;
  if (!parse(data, event) || !is_known_time(event.l_time())) return false;
  if (!is_short(event.node_name()) || !is_short(event.table_name()) || !is_short(event.key())) return false;
  if (event.value().size() > kValueBytesMax || event.type() == TableEvent::INVALID) return false;
  table_clock_.witness(event.l_time());
  if (event.node_name() == self_ || !is_on(event.network_id())) return true;
  if (!directory_.is_attached(event.node_name(), event.network_id()))
    park(event, raw, now);
  else
    apply_table_event(event, raw, source, now);
  return true;
}

void NetworkDb::apply_table_event(const TableEvent& event, std::string_view raw, Source source, TimePoint now) {
  OwnNetwork* own = this->own(event.network_id());
  if (!own) return;
  SKEIN_ASSERT(event.node_name() != self_);  // who we are nobody else says
  StoredEntry entry{event.node_name(), event.l_time(), event.value(), event.type() == TableEvent::DELETE, {}};
  if (entry.is_deleted) {
    Duration left = std::chrono::seconds(event.residual_reap_time());
    entry.reap_at = now + (left.count() > 0 ? std::min(left, timings_.tombstone_keep) : timings_.tombstone_keep);
  }
  auto verdict = own->entries.apply({event.table_name(), event.key()}, std::move(entry), self_);
  if (verdict.change) report(event.network_id(), {*verdict.change});
  if (verdict.is_news) relay_table_event(*own, event, raw, source);
  const StoredEntry* known = own->entries.find({event.table_name(), event.key()});
  if (known && known->owner != self_ && known->ltime >= event.l_time()) seen_.add(raw);
}

void NetworkDb::park(const TableEvent& event, std::string_view raw, TimePoint now) {
  if (parked_count_ >= kParkedMax || raw.size() > table_packet_bytes_max_) return;
  ParkedEvents& events = parked_[{event.node_name(), event.network_id()}];
  auto [it, is_new] = events.try_emplace({event.table_name(), event.key()});
  parked_count_ += is_new;
  SKEIN_ASSERT(parked_count_ <= kParkedMax);
  if (is_new || it->second.ltime < event.l_time()) it->second = {event.l_time(), std::string(raw), now};
}

void NetworkDb::unpark(const std::string& node, const std::string& network, TimePoint now) {
  auto parked = parked_.extract({node, network});
  if (parked.empty()) return;
  SKEIN_ASSERT(parked_count_ >= parked.mapped().size());
  parked_count_ -= parked.mapped().size();
  for (const auto& [key, event] : parked.mapped()) on_wrapped(event.bytes, Source::kGossip, 1, now);
}

// ---- consequences

void NetworkDb::settle(TimePoint now) {
  for (auto events = directory_.take_events(); !events.empty(); events = directory_.take_events())
    for (const DirectoryEvent& event : events) {
      if (auto* activated = std::get_if<NodeActivated>(&event))
        events_.push_back(*activated);
      else if (auto* deactivated = std::get_if<NodeDeactivated>(&event))
        events_.push_back(*deactivated);
      else if (auto* attached = std::get_if<Attached>(&event))
        on_attached(*attached, now);
      else if (auto* detached = std::get_if<Detached>(&event))
        on_detached(*detached);
      else
        queue_network_event(std::get<LateNews>(event));
    }
}

void NetworkDb::on_attached(const Attached& attached, TimePoint now) {
  SKEIN_ASSERT(attached.node != self_);
  if (!is_on(attached.network)) return;
  events_.push_back(NetworkPeersChanged{attached.network});
  events_.push_back(PeerAttached{attached.node, attached.network, 0});
  unpark(attached.node, attached.network, now);
}

void NetworkDb::on_detached(const Detached& detached) {
  OwnNetwork* own = this->own(detached.network);
  if (!own) return;
  report(detached.network, own->entries.drop_owner(detached.node));
  seen_.clear();
  events_.push_back(NetworkPeersChanged{detached.network});
}

void NetworkDb::report(const std::string& network, const std::vector<EntryTable::Change>& changes) {
  for (const EntryTable::Change& change : changes) {
    if (change.owner == self_ && change.kind == EntryChange::kDelete) continue;  // our own doing
    events_.push_back(EntryChanged{change.kind, network, change.key.first, change.key.second, change.owner,
                                   change.value, change.previous});
  }
}

}  // namespace skein::gossip
