#include "gossip/machine.h"

#include <algorithm>
#include <cmath>

namespace skein::gossip {
namespace {

wire::memberlist::KeyRing make_ring(const std::vector<std::string>& keys) {
  SKEIN_ASSERT(!keys.empty());
  auto ring = wire::memberlist::KeyRing::make(keys.front(), {keys.begin() + 1, keys.end()});
  SKEIN_ASSERT(ring.ok());
  return std::move(ring).value();
}

// One claim about each member is the most there can be.
constexpr size_t kClaimsMax = Membership::kNodesMax;

// Of members. Above it, exchanges are begun half as often: each is for both sides, so that a member takes part in one
// per interval all the same.
constexpr size_t kFewMembers = 8;

// Docker's count: a packet without the checksum header.
constexpr size_t kTablePacketHeader = memberlist::kCrcOverhead;

}  // namespace

Gossip::Machine::Machine(GossipConfig c, Random& r, TimePoint now)
    : config(std::move(c)),
      random(r),
      ring(make_ring(config.keys)),
      membership(config.name, config.advertise, config.timings, r, now, config.metadata),
      prober(membership, config.timings, r, now),
      db(config.name, config.advertise, config.timings, config.packet_bytes_max - kTablePacketHeader),
      claims(kClaimsMax) {
  next_gossip = now + random_up_to(timings().gossip_interval);
  next_push_pull = now + random_up_to(timings().push_pull_interval);
  next_bulk_sync = now + random_up_to(timings().bulk_sync_interval);
  next_reap = now + random_up_to(timings().reap_interval);
  next_reconnect = now + random_up_to(timings().reconnect_interval);
  next_bootstrap = now;
  last_announced = now - kAnnouncePauseAfterSuspicion;
  db.announce_node(true);
}

Duration Gossip::Machine::random_up_to(Duration limit) {
  return Duration(static_cast<int64_t>(random.below(static_cast<uint64_t>(limit.count()) + 1)));
}

// Of exchanges with one member at a time, in a cluster of this size.
Duration Gossip::Machine::pause_between(Duration interval) const {
  const size_t members = membership.nodes().size();
  if (members > kFewMembers) interval *= 2;
  if (members > 32) interval *= static_cast<int>(std::ceil(std::log2(static_cast<double>(members)) - 5)) + 1;
  SKEIN_ASSERT(interval > Duration::zero());
  return interval;
}

Member Gossip::Machine::member_of(const std::string& name) const {
  if (name == config.name)
    return {name, config.advertise, is_leaving ? PeerState::kLeft : PeerState::kAlive, config.metadata};
  const Directory::Known* known = db.directory().find(name);
  if (!known) return {name, {}, PeerState::kLeft};
  const Node* node = membership.find(name);
  Member member{name, known->address, PeerState::kFailed, node ? node->meta.value_or("") : ""};
  if (known->has_left || known->is_ghost)
    member.state = PeerState::kLeft;
  else if (known->is_active())
    member.state = node && node->state == memberlist::MemberState::kSuspect ? PeerState::kSuspect : PeerState::kAlive;
  return member;
}

// ---- timers

void Gossip::Machine::on_timer(TimePoint now) {
  const bool is_round_due = next_gossip <= now;
  membership.expire(now);
  prober.on_timer(now);
  std::vector<StreamId> late;
  for (const auto& [id, stream] : streams)
    if (stream.give_up_at <= now) late.push_back(id);
  for (StreamId id : late)
    if (streams.at(id).expects_reply)
      on_stream_failed(id, now);
    else
      streams.erase(id);  // no news of a one-way stream is good news

  if (announce_networks_at <= now || announce_entries_at <= now) announce_anew(now);
  auto random_alive = [&] {
    return membership.pick(1, [](const Node& n) { return n.state == memberlist::MemberState::kAlive; });
  };
  if (std::erase_if(extra_push_pulls, [&](TimePoint at) { return at <= now; }) > 0)
    for (const Node* peer : random_alive()) push_pull(Purpose::kPeriodic, peer->address, peer->name, 0, now);
  if (next_push_pull <= now) {
    next_push_pull = now + pause_between(timings().push_pull_interval);
    for (const Node* peer :
         membership.pick(1, [](const Node& n) { return n.state == memberlist::MemberState::kAlive; }))
      push_pull(Purpose::kPeriodic, peer->address, peer->name, 0, now);
  }
  if (next_reconnect <= now) {
    if (next_bootstrap <= now) rejoin_bootstrap(now);
    next_reconnect = reconnect(now) ? now + timings().reconnect_interval : next_bootstrap;
  }
  if (next_bulk_sync <= now) {
    next_bulk_sync = now + pause_between(timings().bulk_sync_interval);
    start_periodic_syncs(now);
  }
  if (next_reap <= now) {
    next_reap = now + timings().reap_interval;
    db.reap(now);
    std::erase_if(syncing, [&](const auto& pair) { return now - pair.second > timings().bulk_sync_interval; });
    std::erase_if(early_syncs, [&](const auto& pair) { return now - pair.second.since > kEarlySyncKeep; });
  }
  settle(now);
  if (next_eager <= now) gossip_round(true, now);
  if (is_round_due) {
    next_gossip = now + timings().gossip_interval;
    gossip_round(false, now);
  }
  SKEIN_ASSERT((!is_round_due || next_gossip > now) && next_reap > now && next_bulk_sync > now);
  if (is_leaving && (leave_deadline <= now || !has_broadcasts())) {
    is_done = true;
    emit(LeaveDone{});
  }
}

TimePoint Gossip::Machine::next_deadline() const {
  TimePoint next = std::min({membership.next_expiry(), prober.next_deadline(), plan.next_due(), announce_networks_at,
                             announce_entries_at, next_push_pull, next_bulk_sync, next_reap, next_reconnect, next_eager,
                             leave_deadline});
  if (!claims.empty() || db.has_broadcasts()) next = std::min(next, next_gossip);
  for (const auto& [id, stream] : streams) next = std::min(next, stream.give_up_at);
  for (const auto& [at, network] : extra_syncs) next = std::min(next, at);
  for (TimePoint at : extra_push_pulls) next = std::min(next, at);
  return next;
}

// ---- consequences

void Gossip::Machine::on_up(const std::string& name, TimePoint now) {
  const Node* node = membership.find(name);
  SKEIN_ASSERT(node && name != config.name);
  db.node_up(name, node->address, now);
}

// Events cause events; each pass consumes what there is, and claims do not cycle (a claim is news only once).
void Gossip::Machine::settle(TimePoint now) {
  for (bool is_quiet = false; !is_quiet;) {
    is_quiet = true;
    for (MembershipEvent& event : membership.take_events()) {
      is_quiet = false;
      if (auto* spread = std::get_if<SpreadClaim>(&event))
        claims.put(spread->about, format(spread->message));
      else if (auto* up = std::get_if<NodeUp>(&event))
        on_up(up->name, now);
      else if (auto* down = std::get_if<NodeDown>(&event))
        db.node_down(down->name, down->left, now), reconnect_by(now + timings().reconnect_interval);
      else if (auto* suspected = std::get_if<NodeSuspected>(&event))
        report_member(suspected->name);
      else if (auto* cleared = std::get_if<SuspectCleared>(&event))
        report_member(cleared->name);
      else
        on_refuted(std::get<Refuted>(event), now);
    }
    for (DbEvent& event : db.take_events()) {
      is_quiet = false;
      if (auto* activated = std::get_if<NodeActivated>(&event))
        on_activated(*activated, now);
      else if (auto* deactivated = std::get_if<NodeDeactivated>(&event))
        on_deactivated(*deactivated);
      else if (auto* attached = std::get_if<PeerAttached>(&event))
        on_attached(*attached, now);
      else if (auto* peers = std::get_if<NetworkPeersChanged>(&event))
        emit(*peers);
      else if (auto* entry = std::get_if<EntryChanged>(&event))
        emit(*entry);
      else if (auto* sync = std::get_if<BulkSyncReceived>(&event))
        on_bulk_sync(*sync, now);
      else
        sync_with_some(std::get<LargeEntry>(event).network, kJoinSyncPeers, now);
    }
    start_due_syncs(now);
    for (ProberOutput& output : prober.take_outputs()) {
      is_quiet = false;
      if (auto* say = std::get_if<SayMessages>(&output)) {
        send_messages(*say);
      } else {
        auto& ask = std::get<PingOverTcp>(output);
        open_stream({Purpose::kTcpPing, ask.to, ask.ping.node, ask.ping.sequence}, ask.ping, true, now);
      }
    }
  }
  // The first news after a silence, in which there were no rounds: an eager one is next.
  if (has_unsent_broadcasts() && next_gossip + timings().gossip_interval < now)
    next_gossip = now + timings().gossip_interval;
  if (std::exchange(is_urgent, false))
    gossip_round(true, now);
  else if (has_unsent_broadcasts())
    next_eager = std::min(next_eager, now + kRelayDelay);
}

}  // namespace skein::gossip
