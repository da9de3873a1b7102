// What goes into packets and what comes out of them.
#include <algorithm>
#include <climits>

#include "gossip/machine.h"
#include "gossip/table/table_digest.h"
#include "gossip/table/table_messages.h"

namespace skein::gossip {

using memberlist::MemberState;
using memberlist::Message;

void Gossip::Machine::on_packet(const PeerAddress& from, std::string_view bytes, TimePoint now) {
  auto plain = ring.open_packet(bytes);
  if (!plain.ok()) return counts.add(GossipCount::kPacketsDroppedKey);
  auto messages = memberlist::parse_packet(*plain);
  if (!messages.ok()) return counts.add(GossipCount::kPacketsDroppedMalformed);
  for (const Message& message : *messages) on_packet_message(message, from, now);
  hear(from.host, now);
  settle(now);
}

void Gossip::Machine::hear(const IpAddress& host, TimePoint now) {
  if (heard_at.size() < Membership::kNodesMax || heard_at.contains(host)) heard_at[host] = now;
}

void Gossip::Machine::on_packet_message(const Message& message, const PeerAddress& from, TimePoint now) {
  if (auto* ping = std::get_if<memberlist::Ping>(&message))
    on_ping(*ping, from);
  else if (auto* indirect = std::get_if<memberlist::IndirectPing>(&message))
    prober.on_indirect_ping(*indirect, from, now);
  else if (auto* ack = std::get_if<memberlist::Ack>(&message))
    on_ack(*ack, from.host, now);
  else if (auto* nack = std::get_if<memberlist::Nack>(&message))
    prober.on_nack(*nack);
  else if (auto* alive = std::get_if<memberlist::Alive>(&message))
    membership.on_alive(*alive, now);
  else if (auto* suspect = std::get_if<memberlist::Suspect>(&message))
    membership.on_suspect(*suspect, now);
  else if (auto* dead = std::get_if<memberlist::Dead>(&message))
    membership.on_dead(*dead, now);
  else if (auto* user = std::get_if<memberlist::User>(&message)) {
    settle(now);  // an alive in the same packet makes its node known to the tables first
    if (!db.on_message(user->bytes, now)) counts.add(GossipCount::kTableMessagesMalformed);
  }
}

// Who asks and is a member learns from the ack whether our tables are equal.
void Gossip::Machine::on_ping(const memberlist::Ping& ping, const PeerAddress& from) {
  const Directory::Known* asker = db.directory().find(ping.source_node);
  const bool is_member = asker && asker->is_active();
  prober.on_ping(ping, from, is_member ? format_digest(db.digest_shared_with(ping.source_node)) : "");
}

void Gossip::Machine::on_ack(const memberlist::Ack& ack, const IpAddress& from, TimePoint now) {
  const auto peer = prober.on_ack(ack, from);
  const auto digest = parse_digest(ack.payload.value_or(""));
  const Directory::Known* known = peer && digest ? db.directory().find(*peer) : nullptr;
  if (known && known->is_active()) compare_tables(*peer, *digest, now);
}

void Gossip::Machine::compare_tables(const std::string& peer, uint64_t digest, TimePoint now) {
  const bool is_equal = digest == db.digest_shared_with(peer);
  agreements.found(peer, is_equal, now);
  const uint64_t own = db.digest();
  if (std::exchange(steady_digest, own) != own) steady_since = now;
  if (is_equal || now - steady_since < kSteadyTime || now < next_mend) return;
  next_mend = now + kMendPause;
  counts.add(GossipCount::kDifferencesMended);
  plan.owe({peer, now});
}

void Gossip::Machine::send_messages(const SayMessages& say) {
  std::vector<std::string> parts;
  size_t bytes = memberlist::kCompoundOverhead + memberlist::kCrcOverhead + ring.kOverhead;
  for (const Message& message : say.messages) {
    parts.push_back(format(message));
    bytes += parts.back().size() + memberlist::kCompoundPartOverhead;
  }
  if (bytes < config.packet_bytes_max)
    for (std::string& part : take_broadcasts(config.packet_bytes_max - bytes, INT_MAX))
      parts.push_back(std::move(part));
  send_parts(say.to, parts, say.with_crc);
}

void Gossip::Machine::send_parts(const PeerAddress& to, const std::vector<std::string>& parts, bool with_crc) {
  SKEIN_ASSERT(!parts.empty());
  std::string packet = parts.size() == 1 ? parts.front() : memberlist::format_compound(parts);
  if (with_crc) packet = memberlist::add_crc(packet);
  emit(SendPacket{to, ring.seal_packet(packet, random), prober.has_answered(to.host)});
}

// Claims first; table and network events fill what they leave.
std::vector<std::string> Gossip::Machine::take_broadcasts(size_t bytes_max, int sends_below) {
  constexpr size_t kUserType = 1;
  auto parts = claims.take(bytes_max, memberlist::kCompoundPartOverhead, retransmits(), sends_below);
  for (const std::string& part : parts) bytes_max -= part.size() + memberlist::kCompoundPartOverhead;
  for (std::string& message :
       db.cluster_queue().take(bytes_max, memberlist::kCompoundPartOverhead + kUserType, retransmits(), sends_below))
    parts.push_back(format(memberlist::User{std::move(message)}));
  if (parts.size() > memberlist::kCompoundPartsMax - 4) parts.resize(memberlist::kCompoundPartsMax - 4);
  return parts;
}

bool Gossip::Machine::has_broadcasts() { return !claims.empty() || !db.cluster_queue().empty(); }

bool Gossip::Machine::has_unsent_broadcasts() {
  return claims.has_unsent() || db.cluster_queue().has_unsent() || db.has_unsent_table_events();
}

void Gossip::Machine::gossip_round(bool is_eager, TimePoint now) {
  next_eager = TimePoint::never();
  gossip_claims(is_eager, now);
  gossip_tables(is_eager);
  // What did not fit goes on shortly.
  if (has_unsent_broadcasts()) next_eager = now + kRelayDelay;
}

void Gossip::Machine::gossip_claims(bool is_eager, TimePoint now) {
  if (!has_broadcasts()) return;
  auto fits = [&](const Node& n) {
    return n.is_up() || (n.state == MemberState::kDead && now - n.state_since <= timings().dead_keep);
  };
  size_t overhead = memberlist::kCompoundOverhead + memberlist::kCrcOverhead + ring.kOverhead;
  int sends_below = is_eager ? 1 : INT_MAX;
  for (const Node* target : membership.pick(static_cast<size_t>(timings().gossip_fanout), fits)) {
    for (int packet = 0; packet < kPacketsPerRound; ++packet) {
      auto parts = take_broadcasts(config.packet_bytes_max - overhead, sends_below);
      if (parts.empty()) break;
      send_parts(target->address, parts, target->takes_crc());
    }
    if (is_eager) ++sends_below;  // the next target gets what this one got
  }
}

void Gossip::Machine::gossip_tables(bool is_eager) {
  for (auto& [network, queue] : db.table_queues()) {
    if (is_eager && !queue->has_unsent()) continue;
    const auto& members = db.directory().members(network);
    std::vector<const Node*> targets =
        membership.pick(static_cast<size_t>(timings().gossip_fanout),
                        [&](const Node& n) { return n.is_up() && members.contains(n.name); });
    const int limit = std::min(retransmit_limit(timings().retransmit_multiplier, members.size() + 1),
                               rounds_to_reach_all(targets.size(), members.size() + 1));
    SKEIN_ASSERT(limit > 0);
    for (int packet = 0; packet < kPacketsPerRound; ++packet) {
      auto events = queue->take(config.packet_bytes_max - memberlist::kCrcOverhead, NetworkDb::kTableMessageOverhead,
                                limit, is_eager ? 1 : INT_MAX);
      if (events.empty()) break;
      std::string message = format(memberlist::User{wrap_compound(events)});
      for (const Node* target : targets) send_parts(target->address, {message}, target->takes_crc());
    }
  }
}

}  // namespace skein::gossip
