// Push/pull, bulk sync and pings over TCP.
#include <algorithm>
#include <set>

#include "gossip/machine.h"
#include "gossip/table/table_messages.h"

namespace skein::gossip {

using memberlist::PushPull;
using memberlist::StreamMessage;

namespace {

constexpr uint8_t kEncrypted = static_cast<uint8_t>(memberlist::MessageType::kEncrypt);

}  // namespace

// ---- streams opened by peers

void Gossip::Machine::on_stream_request(StreamId id, const PeerAddress& from, std::string_view frame, TimePoint now) {
  if (frame.empty()) return;
  auto plain = ring.open_frame(frame);
  if (!plain.ok()) {
    counts.add(GossipCount::kStreamsDroppedKey);
    bool is_plain = static_cast<uint8_t>(frame.front()) != kEncrypted;
    return reply(id, memberlist::Err{is_plain ? "Encryption is configured but remote state is not encrypted"
                                              : "No installed keys could decrypt the message"});
  }
  auto message = memberlist::parse_stream(*plain);
  if (!message.ok()) return counts.add(GossipCount::kStreamsDroppedMalformed);
  hear(from.host, now);
  if (auto* remote = std::get_if<PushPull>(&*message)) {
    // Merged first: if the peer holds us for dead, the answer already refutes it.
    if (merge(*remote, from.host, now))
      reply(id, PushPull{remote->is_join, states(), db.push_pull_state(remote->is_join)});
  } else if (auto* user = std::get_if<memberlist::User>(&*message)) {
    if (!db.on_message(user->bytes, now)) counts.add(GossipCount::kTableMessagesMalformed);
  } else if (auto* ping = std::get_if<memberlist::Ping>(&*message)) {
    if (ping->node.empty() || ping->node == config.name) reply(id, memberlist::Ack{ping->sequence, std::string()});
  }
}

void Gossip::Machine::reply(StreamId id, const StreamMessage& message) {
  emit(ReplyStream{id, ring.seal_frame(memberlist::format_stream(message), random)});
}

// ---- streams of ours

bool Gossip::Machine::open_stream(Stream stream, const StreamMessage& message, bool expects_reply, TimePoint now) {
  std::string plain = memberlist::format_stream(message);
  if (streams.size() >= kStreamsMax || plain.size() > ring.kFrameBytesMax - ring.kOverhead) {
    counts.add(GossipCount::kStreamsNotOpened);
    return false;
  }
  bool is_attempt = stream.purpose == Purpose::kBootstrap || stream.purpose == Purpose::kReconnect;
  Duration timeout = is_attempt ? kReconnectTimeout : timings().stream_timeout;
  stream.opened_at = now;
  stream.expects_reply = expects_reply;
  // Whether or not the driver reports it: what comes later is of no use.
  stream.give_up_at = now + timeout;
  PeerAddress to = stream.to;
  StreamId id = next_stream++;
  const bool is_new = streams.emplace(id, std::move(stream)).second;
  SKEIN_ASSERT(is_new && streams.size() <= kStreamsMax);
  emit(OpenStream{id, to, ring.seal_frame(plain, random), expects_reply, timeout});
  return true;
}

void Gossip::Machine::on_stream_reply(StreamId id, std::string_view frame, TimePoint now) {
  auto node = streams.extract(id);
  if (node.empty()) return;
  const Stream& stream = node.mapped();
  auto plain = ring.open_frame(frame);
  if (!plain.ok()) return counts.add(GossipCount::kStreamsDroppedKey);
  auto message = memberlist::parse_stream(*plain);
  if (!message.ok()) return counts.add(GossipCount::kStreamsDroppedMalformed);
  hear(stream.to.host, now);
  if (auto* ack = std::get_if<memberlist::Ack>(&*message)) {
    if (stream.purpose == Purpose::kTcpPing && ack->sequence == stream.sequence) on_ack(*ack, stream.to.host, now);
  } else if (auto* remote = std::get_if<PushPull>(&*message)) {
    if (stream.purpose != Purpose::kTcpPing && merge(*remote, stream.to.host, now)) on_push_pull_done(stream, now);
  } else if (std::holds_alternative<memberlist::Err>(*message)) {
    counts.add(GossipCount::kStreamsRefusedByPeer);
  }
}

void Gossip::Machine::on_stream_failed(StreamId id, TimePoint now) {
  auto node = streams.extract(id);
  if (node.empty()) return;
  const Stream& stream = node.mapped();
  bool is_debt = stream.purpose == Purpose::kResync || stream.purpose == Purpose::kBulkSync;
  const Directory::Known* known = db.directory().find(stream.peer);
  if (!is_debt || !known || !known->is_active()) return;
  syncing.erase(stream.peer);
  plan.owe({stream.peer, now + std::chrono::seconds(1), stream.purpose == Purpose::kResync, stream.attempts + 1});
}

bool Gossip::Machine::is_attempting(const PeerAddress& to, TimePoint now) const {
  constexpr int kAttemptsAtOnceMax = 3;
  int attempts = 0;
  for (const auto& [id, stream] : streams) {
    if (stream.to != to || (stream.purpose != Purpose::kBootstrap && stream.purpose != Purpose::kReconnect)) continue;
    if (now - stream.opened_at < kReconnectPatience || ++attempts >= kAttemptsAtOnceMax) return true;
  }
  return false;
}

// ---- push/pull

void Gossip::Machine::push_pull(Purpose purpose, const PeerAddress& to, const std::string& peer, int attempts,
                                TimePoint now) {
  bool is_join = purpose == Purpose::kBootstrap || purpose == Purpose::kReconnect;
  if (is_leaving || (is_join && is_attempting(to, now))) return;
  PushPull message{is_join, states(), db.push_pull_state(is_join)};
  open_stream({purpose, to, peer, 0, attempts}, message, true, now);
}

// Without ghosts: who hears of two names at one address cannot tell which of them is real.
std::vector<memberlist::NodeState> Gossip::Machine::states() const {
  auto out = membership.states();
  std::erase_if(out, [&](const memberlist::NodeState& state) {
    const Directory::Known* known = db.directory().find(state.name);
    return known && known->is_ghost;
  });
  return out;
}

bool Gossip::Machine::merge(const PushPull& remote, const IpAddress& from, TimePoint now) {
  is_refuted_in_merge = false;
  const Node* teller = membership.find_at(from);
  std::string teller_name = teller ? teller->name : config.name;
  if (!membership.merge(remote.nodes, teller_name, now)) {
    counts.add(GossipCount::kPushPullsRefusedProtocol);
    return false;
  }
  settle(now);
  if (!remote.user_state.empty() && !db.merge_push_pull(remote.user_state, now))
    counts.add(GossipCount::kTableMessagesMalformed);
  return true;
}

void Gossip::Machine::on_push_pull_done(const Stream& stream, TimePoint now) {
  if (is_refuted_in_merge) {  // the peer must hear it from us now, not by chance
    SKEIN_ASSERT(membership.find(config.name));
    const Node& self = *membership.find(config.name);
    send_messages({stream.to,
                   {memberlist::Alive{self.incarnation, self.name, to_octets(self.address.host), self.address.port, "",
                                      self.versions}}});
  }
  if (stream.purpose == Purpose::kBootstrap || stream.purpose == Purpose::kReconnect) {
    db.announce_node(true);
    // Who has learned our networks from the push/pull does not pass that on; they would be repeated to few.
    if (stream.purpose == Purpose::kBootstrap) db.announce_networks();
    is_urgent = true;
    // Twice more with others: who joined at the same time may have been as new as we were.
    extra_push_pulls = {now + std::chrono::seconds(1), now + std::chrono::seconds(3)};
  }
  if (stream.purpose == Purpose::kReconnect || stream.purpose == Purpose::kResync) {
    settle(now);
    plan.owe({stream.peer, now, false, stream.attempts});
  }
}

// ---- bulk sync

void Gossip::Machine::send_bulk_sync(const std::string& peer, const std::vector<std::string>& networks,
                                     bool is_unsolicited, int attempts, TimePoint now) {
  const Directory::Known* known = db.directory().find(peer);
  if (!known || !known->is_active()) return;
  if (is_unsolicited) syncing[peer] = now;
  counts.add(GossipCount::kBulkSyncs);
  for (std::string& message : db.bulk_sync(networks, is_unsolicited, now))
    open_stream({Purpose::kBulkSync, known->address, peer, 0, attempts}, memberlist::User{std::move(message)}, false,
                now);
}

void Gossip::Machine::on_bulk_sync(const BulkSyncReceived& sync, TimePoint now) {
  for (const std::string& network : sync.networks) db.mark_in_sync(network);
  agreements.forget(sync.from);
  if (!sync.is_unsolicited) {
    syncing.erase(sync.from);
    return;
  }
  const Directory::Known* known = db.directory().find(sync.from);
  if (!known || !known->is_active()) return keep_early_sync(sync, now);
  send_bulk_sync(sync.from, sync.networks, false, SyncPlan::kAttemptsMax, now);
  plan.forget_plain(sync.from);
}

// A member that is a moment old asks those whom it was told of, and may be quicker than the news of itself.
void Gossip::Machine::keep_early_sync(const BulkSyncReceived& sync, TimePoint now) {
  if (early_syncs.size() >= kEarlySyncsMax && !early_syncs.contains(sync.from))
    return counts.add(GossipCount::kEarlySyncsDropped);
  EarlySync early{{}, now};
  for (const std::string& network : sync.networks)
    if (db.is_on(network)) early.networks.push_back(network);
  early_syncs[sync.from] = std::move(early);
}

void Gossip::Machine::answer_early_sync(const std::string& peer, TimePoint now) {
  auto early = early_syncs.extract(peer);
  if (early.empty() || now - early.mapped().since > kEarlySyncKeep) return;
  send_bulk_sync(peer, early.mapped().networks, false, SyncPlan::kAttemptsMax, now);
}

void Gossip::Machine::start_due_syncs(TimePoint now) {
  std::erase_if(extra_syncs, [&](const auto& extra) {
    if (extra.first <= now) sync_with_some(extra.second, 2, now);
    return extra.first <= now;
  });
  for (const SyncPlan::Debt& debt : plan.take_due(now)) {
    const Directory::Known* known = db.directory().find(debt.peer);
    if (!known || !known->is_active()) continue;
    if (debt.with_push_pull) {
      push_pull(Purpose::kResync, known->address, debt.peer, debt.attempts, now);
      continue;
    }
    auto networks = db.shared_networks(debt.peer);
    if (!networks.empty()) send_bulk_sync(debt.peer, networks, true, debt.attempts, now);
  }
}

void Gossip::Machine::sync_with_some(const std::string& network, size_t count, TimePoint now) {
  const auto& members = db.directory().members(network);
  for (const Node* peer : membership.pick(count, [&](const Node& n) { return n.is_up() && members.contains(n.name); }))
    plan.owe({peer->name, now});
}

// One that was seen to know something else than we do, else a random one. None where all who were asked lately, and
// that was one at least, know the same: to exchange tables with it would change nothing. With that rule two halves of a
// cluster that know different things still meet.
const Node* Gossip::Machine::member_to_sync(const std::string& network, TimePoint now) const {
  using Finding = Agreements::Finding;
  const TimePoint since = now - pause_between(timings().bulk_sync_interval);
  const auto& members = db.directory().members(network);
  auto one_with = [&](std::optional<Finding> finding) -> const Node* {
    const auto picked = membership.pick(1, [&](const Node& n) {
      return n.is_up() && members.contains(n.name) && (!finding || agreements.of(n.name, since) == *finding);
    });
    return picked.empty() ? nullptr : picked.front();
  };
  if (const Node* differing = one_with(Finding::kDiffers)) return differing;
  return one_with(Finding::kEqual) ? nullptr : one_with(std::nullopt);
}

// For each network one member; a member chosen for one network serves all that it shares with us.
void Gossip::Machine::start_periodic_syncs(TimePoint now) {
  std::set<std::string> covered;
  for (const std::string& network : db.own_networks()) {
    if (covered.contains(network)) continue;
    const Node* peer = member_to_sync(network, now);
    if (!peer) {
      counts.add(GossipCount::kBulkSyncsSpared);
      continue;
    }
    plan.owe({peer->name, now});
    for (std::string& shared : db.shared_networks(peer->name)) covered.insert(std::move(shared));
  }
}

}  // namespace skein::gossip
