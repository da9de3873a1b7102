#include "gossip/members/prober.h"

#include <algorithm>

#include "base/result.h"

namespace skein::gossip {

using memberlist::Ack;
using memberlist::IndirectPing;
using memberlist::MemberState;
using memberlist::Nack;
using memberlist::Ping;

namespace {

PeerAddress answer_to(const std::string& octets, uint16_t port, const PeerAddress& packet_source) {
  auto host = from_octets(octets);
  return host && port != 0 ? PeerAddress{*host, port} : packet_source;
}

}  // namespace

Prober::Prober(Membership& membership, GossipTimings timings, Random& random, TimePoint now)
    : membership_(membership),
      timings_(timings),
      random_(random),
      sequence_(static_cast<uint32_t>(random.u64() >> 33)) {
  next_probe_ =
      now + Duration(static_cast<int64_t>(random.below(static_cast<uint64_t>(timings.probe_interval.count()))));
}

// ---- for others

void Prober::on_ping(const Ping& ping, const PeerAddress& from, std::string payload) {
  if (!ping.node.empty() && ping.node != membership_.self()) return;  // meant for who had this address before
  PeerAddress to = answer_to(ping.source_address, ping.source_port, from);
  outputs_.push_back(SayMessages{to, {Ack{ping.sequence, std::move(payload)}}});
}

void Prober::on_indirect_ping(const IndirectPing& ask, const PeerAddress& from, TimePoint now) {
  auto target = from_octets(ask.target);
  if (!target || relays_.size() >= kRelaysMax) return;
  const Node& self = *membership_.find(membership_.self());
  uint32_t sequence = ++sequence_;
  SKEIN_ASSERT(relays_.size() < kRelaysMax);
  relays_[sequence] = {ask.sequence, answer_to(ask.source_address, ask.source_port, from),
                       ask.wants_nack ? now + timings_.probe_timeout : TimePoint::never(),
                       now + timings_.probe_interval};
  Ping ping{sequence, ask.node, to_octets(self.address.host), self.address.port, self.name};
  outputs_.push_back(SayMessages{{*target, ask.port}, {ping}});
}

void Prober::expire_relays(TimePoint now) {
  for (auto& [sequence, relay] : relays_)
    if (relay.nack_at <= now) {
      relay.nack_at = TimePoint::never();
      outputs_.push_back(SayMessages{relay.asker, {Nack{relay.sequence}}});
    }
  std::erase_if(relays_, [&](const auto& pair) { return pair.second.forget_at <= now; });
}

// ---- answers

std::optional<std::string> Prober::on_ack(const Ack& ack, const IpAddress& from) {
  if (probe_ && probe_->sequence == ack.sequence) {
    change_health(-1);
    const Node* target = membership_.find(probe_->node);
    if (target && target->address.host == from && !probe_->asked_others) answered_.insert(from);
    return std::exchange(probe_, std::nullopt)->node;
  }
  if (auto relay = relays_.find(ack.sequence); relay != relays_.end()) {
    outputs_.push_back(SayMessages{relay->second.asker, {Ack{relay->second.sequence, std::string()}}});
    relays_.erase(relay);
  }
  return std::nullopt;
}

void Prober::on_nack(const Nack& nack) {
  if (probe_ && probe_->sequence == nack.sequence) ++probe_->nacks;
}

// ---- own probes

void Prober::on_timer(TimePoint now) {
  expire_relays(now);
  if (probe_ && !probe_->asked_others && probe_->ask_others_at <= now) ask_others();
  if (probe_ && probe_->give_up_at <= now) give_up(now);
  if (!probe_ && next_probe_ <= now) start_probe(now);
}

TimePoint Prober::next_deadline() const {
  TimePoint next = next_probe_;
  if (probe_) next = probe_->asked_others ? probe_->give_up_at : std::min(probe_->ask_others_at, probe_->give_up_at);
  for (const auto& [sequence, relay] : relays_) next = std::min({next, relay.nack_at, relay.forget_at});
  return next;
}

Ping Prober::ping_for(const Node& node, uint32_t sequence) const {
  const Node& self = *membership_.find(membership_.self());
  return {sequence, node.name, to_octets(self.address.host), self.address.port, self.name};
}

void Prober::start_probe(TimePoint now) {
  SKEIN_ASSERT(!probe_ && "one at a time");
  next_probe_ = now + timings_.probe_interval;
  const Node* node = next_in_ring(now);
  if (!node) return;
  Duration interval = timings_.probe_interval * (health_score_ + 1);
  probe_ = Probe{node->name, ++sequence_, now + timings_.probe_timeout, now + interval};
  SayMessages say{node->address, {ping_for(*node, probe_->sequence)}};
  if (node->state == MemberState::kSuspect) {  // so that it can refute at once
    say.messages.push_back(memberlist::Suspect{node->incarnation, node->name, membership_.self()});
    say.with_crc = node->takes_crc();
  }
  outputs_.push_back(std::move(say));
}

void Prober::ask_others() {
  SKEIN_ASSERT(probe_ && !probe_->asked_others);
  probe_->asked_others = true;
  const Node* target = membership_.find(probe_->node);
  if (!target) return;
  answered_.erase(target->address.host), answered_before_.erase(target->address.host);
  const Node& self = *membership_.find(membership_.self());
  auto fits = [&](const Node& n) { return n.state == MemberState::kAlive && n.name != target->name; };
  for (const Node* peer : membership_.pick(static_cast<size_t>(timings_.indirect_checks), fits)) {
    bool wants_nack = peer->versions[1] >= memberlist::kNackSinceVersion;
    probe_->nacks_expected += wants_nack;
    IndirectPing ask{probe_->sequence, to_octets(target->address.host), target->address.port, target->name,
                     wants_nack,       to_octets(self.address.host),    self.address.port,    self.name};
    outputs_.push_back(SayMessages{peer->address, {ask}});
  }
  if (target->versions[1] >= memberlist::kTcpPingSinceVersion)
    outputs_.push_back(PingOverTcp{target->address, ping_for(*target, probe_->sequence)});
}

void Prober::give_up(TimePoint now) {
  SKEIN_ASSERT(probe_ && probe_->give_up_at <= now);
  Probe failed = *std::exchange(probe_, std::nullopt);
  const Node* node = membership_.find(failed.node);
  if (!node || !node->is_up()) return;
  // Relays that answered at all show that this host can hear: then the silence is the target's fault.
  change_health(failed.nacks_expected > 0 ? failed.nacks_expected - std::min(failed.nacks, failed.nacks_expected) : 1);
  membership_.suspect(failed.node, now);
}

const Node* Prober::next_in_ring(TimePoint now) {
  for (int rounds = 0; rounds < 2; ++rounds) {
    SKEIN_ASSERT(ring_position_ <= ring_.size());
    while (ring_position_ < ring_.size()) {
      const Node* node = membership_.find(ring_[ring_position_++]);
      if (node && node->is_up() && node->name != membership_.self()) return node;
    }
    membership_.forget_old(now);
    answered_before_ = std::exchange(answered_, {});
    ring_.clear();
    ring_position_ = 0;
    for (const Node* node : membership_.pick(membership_.nodes().size(), [](const Node& n) { return n.is_up(); }))
      ring_.push_back(node->name);
  }
  return nullptr;
}

void Prober::change_health(int by) { health_score_ = std::clamp(health_score_ + by, 0, timings_.awareness_max - 1); }

}  // namespace skein::gossip
