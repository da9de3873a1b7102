// Who is in the cluster: the member list and the rules by which claims about members change it (SWIM as memberlist
// speaks it). No packets in here, only claims in, and decisions and broadcasts out; probing is in prober.h.
//
// A claim carries the incarnation number of the node it is about. Only the node itself raises that number, by which it
// refutes what others say of it. Names are never reused: a restarted host comes back under a new one.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.h"
#include "gossip/base/config.h"
#include "gossip/members/suspicion.h"
#include "wire/memberlist/message.h"

namespace skein::gossip {

namespace memberlist = wire::memberlist;

struct Node {
  std::string name;
  PeerAddress address;
  std::optional<std::string> meta;
  memberlist::Versions versions = memberlist::kOurVersions;
  uint32_t incarnation = 0;
  memberlist::MemberState state = memberlist::MemberState::kAlive;
  TimePoint state_since;
  std::optional<Suspicion> suspicion;

  bool is_up() const { return state == memberlist::MemberState::kAlive || state == memberlist::MemberState::kSuspect; }
  bool takes_crc() const { return versions[1] >= memberlist::kCrcSinceVersion; }
};

// A claim to be spread to all; a newer one about the same node replaces it.
struct SpreadClaim {
  std::string about;
  memberlist::Message message;
};
struct NodeUp {
  std::string name;
};
struct NodeDown {
  std::string name;
  bool left = false;  // it said so itself
};
struct NodeSuspected {
  std::string name;
};
struct SuspectCleared {
  std::string name;
};
// Somebody held this host for suspect or dead, and the refutation is among the claims to be spread. Whoever held it for
// dead has forgotten its networks and entries.
struct Refuted {
  bool was_dead = false;
};
using MembershipEvent = std::variant<SpreadClaim, NodeUp, NodeDown, NodeSuspected, SuspectCleared, Refuted>;

class Membership {
 public:
  // A cluster of more members than this is a forgery or a mistake; Docker's largest known had some 4700.
  static constexpr size_t kNodesMax = 16384;

  Membership(std::string name, PeerAddress address, GossipTimings timings, Random& random, TimePoint now,
             std::string metadata = "");

  // ---- claims of peers
  void on_alive(const memberlist::Alive& claim, TimePoint now);
  void on_suspect(const memberlist::Suspect& claim, TimePoint now);
  void on_dead(const memberlist::Dead& claim, TimePoint now);
  // The list of the peer `teller`, from a push/pull. False, and nothing is merged, if a node in it speaks a protocol
  // that is not common to all. The teller counts as the accuser of those whom it holds for suspect or dead, so that
  // many tellers make a suspicion short.
  bool merge(const std::vector<memberlist::NodeState>& nodes, const std::string& teller, TimePoint now);

  // ---- own findings
  void suspect(const std::string& name, TimePoint now);
  // Suspicions that have expired become deaths.
  void expire(TimePoint now);
  TimePoint next_expiry() const;
  // Forgets those dead or gone for longer than dead_keep; done whenever the probe ring is drawn anew.
  void forget_old(TimePoint now);
  void leave(TimePoint now);

  // ---- queries
  const std::string& self() const { return self_; }
  const Node* find(const std::string& name) const;
  const Node* find_at(const IpAddress& host) const;  // one that is up
  const std::map<std::string, Node>& nodes() const { return nodes_; }
  std::vector<memberlist::NodeState> states() const;
  // Up to `count` random others that `fits`.
  std::vector<const Node*> pick(size_t count, const std::function<bool(const Node&)>& fits) const;

  std::vector<MembershipEvent> take_events() { return std::exchange(events_, {}); }

 private:
  Node* find_mutable(const std::string& name);
  void admit(const memberlist::Alive& claim, PeerAddress address, TimePoint now);
  void refute(uint32_t accused_incarnation, bool was_dead);
  void spread(const Node& node, memberlist::Message message) {
    events_.push_back(SpreadClaim{node.name, std::move(message)});
  }
  memberlist::Alive alive_claim(const Node& node) const;
  bool is_common_protocol(const std::vector<memberlist::NodeState>& nodes) const;

  std::string self_;
  GossipTimings timings_;
  Random& random_;
  bool is_leaving_ = false;
  std::map<std::string, Node> nodes_;
  std::set<std::string> suspects_;
  mutable std::vector<const Node*> deck_;  // of nodes_ but self, in no order: what pick draws from
  std::vector<MembershipEvent> events_;
};

}  // namespace skein::gossip
