// Finds out who does not answer: asks one member after the other round a shuffled ring, and in turn answers and relays
// the questions of others.
//
// A probe is a ping; after probe_timeout also pings by way of three others and over TCP; without any ack by the end of
// the interval the member is suspected. A host that fails at its own part grows slower instead of louder (health
// score).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gossip/members/membership.h"

namespace skein::gossip {

struct SayMessages {
  PeerAddress to;
  std::vector<memberlist::Message> messages;
  bool with_crc = false;
};
// The fallback for where UDP is filtered; the ack comes to on_ack with the ping's sequence.
struct PingOverTcp {
  PeerAddress to;
  memberlist::Ping ping;
};
using ProberOutput = std::variant<SayMessages, PingOverTcp>;

class Prober {
 public:
  // Questions relayed for others at one time. More come only from somebody who wants to make us send packets.
  static constexpr size_t kRelaysMax = 1024;

  Prober(Membership& membership, GossipTimings timings, Random& random, TimePoint now);

  // The ack carries `payload`.
  void on_ping(const memberlist::Ping& ping, const PeerAddress& from, std::string payload);
  void on_indirect_ping(const memberlist::IndirectPing& ping, const PeerAddress& from, TimePoint now);
  // Whose ack it is, if our own ping was meant.
  std::optional<std::string> on_ack(const memberlist::Ack& ack, const IpAddress& from);
  void on_nack(const memberlist::Nack& nack);
  // This host had to defend itself: perhaps it is slow.
  void on_refuted() { change_health(1); }
  void on_timer(TimePoint now);
  TimePoint next_deadline() const;

  int health_score() const { return health_score_; }
  // A ping of ours has reached this host, in this round of the ring or the one before, and the last one was answered by
  // itself and in time.
  bool has_answered(const IpAddress& host) const { return answered_.contains(host) || answered_before_.contains(host); }
  std::vector<ProberOutput> take_outputs() { return std::exchange(outputs_, {}); }

 private:
  struct Probe {
    std::string node;
    uint32_t sequence = 0;
    TimePoint ask_others_at;
    TimePoint give_up_at;
    bool asked_others = false;
    int nacks_expected = 0;
    int nacks = 0;
  };
  struct Relay {
    uint32_t sequence = 0;  // the asker's
    PeerAddress asker;
    TimePoint nack_at;  // never() when none is wanted or it has been sent
    TimePoint forget_at;
  };

  void start_probe(TimePoint now);
  void ask_others();
  void give_up(TimePoint now);
  const Node* next_in_ring(TimePoint now);
  void expire_relays(TimePoint now);
  void change_health(int by);
  memberlist::Ping ping_for(const Node& node, uint32_t sequence) const;

  Membership& membership_;
  GossipTimings timings_;
  Random& random_;
  int health_score_ = 0;
  uint32_t sequence_ = 0;
  std::vector<std::string> ring_;
  size_t ring_position_ = 0;
  std::set<IpAddress> answered_, answered_before_;  // in this round of the ring, and in the last
  TimePoint next_probe_;
  std::optional<Probe> probe_;
  std::map<uint32_t, Relay> relays_;
  std::vector<ProberOutput> outputs_;
};

}  // namespace skein::gossip
