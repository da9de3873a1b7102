#include "gossip/members/membership.h"

#include <algorithm>

#include "base/result.h"

namespace skein::gossip {

using memberlist::Alive;
using memberlist::Dead;
using memberlist::MemberState;
using memberlist::NodeState;
using memberlist::Suspect;

namespace {

bool are_usable(const memberlist::Versions& v) { return v[0] != 0 && v[1] != 0 && v[0] <= v[1]; }

// Names come from the network and are kept: Docker's have 12 characters.
constexpr size_t kNameBytesMax = 255;

}  // namespace

Membership::Membership(std::string name, PeerAddress address, GossipTimings timings, Random& random, TimePoint now,
                       std::string metadata)
    : self_(std::move(name)), timings_(timings), random_(random) {
  SKEIN_ASSERT(metadata.size() <= kMetadataBytesMax);
  SKEIN_ASSERT(!self_.empty());
  Node self{.name = self_, .address = address, .meta = std::move(metadata), .incarnation = 1, .state_since = now};
  spread(self, alive_claim(self));
  nodes_.emplace(self_, std::move(self));
}

void Membership::on_alive(const Alive& claim, TimePoint now) {
  auto host = from_octets(claim.address);
  if (!host || !are_usable(claim.versions) || claim.node.empty() || claim.node.size() > kNameBytesMax) return;
  if (claim.meta && claim.meta->size() > kMetadataBytesMax) return;
  if (is_leaving_ && claim.node == self_) return;
  PeerAddress address{*host, claim.port};

  Node* node = find_mutable(claim.node);
  if (!node) {
    if (nodes_.size() < kNodesMax) admit(claim, address, now);
    return;
  }
  if (node->name == self_) {
    bool is_own =
        claim.incarnation == node->incarnation && address == node->address && claim.versions == node->versions;
    if (claim.incarnation >= node->incarnation && !is_own) refute(claim.incarnation, false);
    return;
  }
  bool has_moved = address != node->address;
  if (has_moved && node->state != MemberState::kLeft) return;  // two hosts under one name: the first one keeps it
  if (claim.incarnation <= node->incarnation && !has_moved) return;
  admit(claim, address, now);
}

// The claim is news: the node is alive, as described.
void Membership::admit(const Alive& claim, PeerAddress address, TimePoint now) {
  SKEIN_ASSERT(claim.node != self_);
  Node& node = nodes_[claim.node];
  bool was_known = !node.name.empty();
  if (!was_known) deck_.push_back(&node);
  SKEIN_ASSERT(deck_.size() + 1 == nodes_.size() && "all but this host are drawn from");
  bool was_up = was_known && node.is_up();
  bool was_suspect = was_known && node.state == MemberState::kSuspect;
  if (!was_up || was_suspect) node.state_since = now;
  node.name = claim.node;
  node.address = address;
  node.meta = claim.meta;
  node.versions = claim.versions;
  node.incarnation = claim.incarnation;
  node.state = MemberState::kAlive;
  node.suspicion.reset();
  suspects_.erase(node.name);
  spread(node, claim);
  if (!was_up) events_.push_back(NodeUp{node.name});
  if (was_suspect) events_.push_back(SuspectCleared{node.name});
}

void Membership::on_suspect(const Suspect& claim, TimePoint now) {
  Node* node = find_mutable(claim.node);
  if (!node || claim.incarnation < node->incarnation) return;
  if (node->suspicion) {
    if (node->suspicion->confirm(claim.from)) spread(*node, claim);
    return;
  }
  if (node->state != MemberState::kAlive) return;
  if (node->name == self_) {
    if (!is_leaving_) refute(claim.incarnation, false);
    return;
  }
  SKEIN_ASSERT(node->state == MemberState::kAlive && !node->suspicion);
  node->incarnation = claim.incarnation;
  node->state = MemberState::kSuspect;
  node->state_since = now;
  suspects_.insert(node->name);
  node->suspicion.emplace(claim.from, nodes_.size(), timings_, now);
  spread(*node, claim);
  events_.push_back(NodeSuspected{node->name});
}

void Membership::on_dead(const Dead& claim, TimePoint now) {
  Node* node = find_mutable(claim.node);
  if (!node || claim.incarnation < node->incarnation) return;
  if (!node->is_up()) return;
  if (node->name == self_ && !is_leaving_) {
    refute(claim.incarnation, true);
    return;
  }
  bool left = claim.node == claim.from;
  node->suspicion.reset();
  suspects_.erase(node->name);
  node->incarnation = claim.incarnation;
  node->state = left ? MemberState::kLeft : MemberState::kDead;
  node->state_since = now;
  spread(*node, claim);
  events_.push_back(NodeDown{node->name, left});
}

void Membership::suspect(const std::string& name, TimePoint now) {
  if (const Node* node = find(name)) on_suspect({node->incarnation, name, self_}, now);
}

bool Membership::merge(const std::vector<NodeState>& remote, const std::string& teller, TimePoint now) {
  if (!is_common_protocol(remote)) return false;
  for (const NodeState& node : remote) {
    switch (node.state) {
      case MemberState::kAlive:
        on_alive({node.incarnation, node.name, node.address, node.port, node.meta, node.versions}, now);
        break;
      case MemberState::kLeft: on_dead({node.incarnation, node.name, node.name}, now); break;
      case MemberState::kDead:
        // About others a second-hand death is only a suspicion. About this host it tells that the peer has dropped it.
        if (node.name == self_)
          on_dead({node.incarnation, self_, ""}, now);
        else
          on_suspect({node.incarnation, node.name, teller}, now);
        break;
      case MemberState::kSuspect: on_suspect({node.incarnation, node.name, teller}, now); break;
    }
  }
  return true;
}

bool Membership::is_common_protocol(const std::vector<NodeState>& remote) const {
  uint8_t protocol_low = 0, protocol_high = 255, delegate_low = 0, delegate_high = 255;
  auto narrow = [&](const memberlist::Versions& v) {
    protocol_low = std::max(protocol_low, v[0]), protocol_high = std::min(protocol_high, v[1]);
    delegate_low = std::max(delegate_low, v[3]), delegate_high = std::min(delegate_high, v[4]);
  };
  auto is_within = [&](const memberlist::Versions& v) {
    return v[2] >= protocol_low && v[2] <= protocol_high && v[5] >= delegate_low && v[5] <= delegate_high;
  };
  for (const NodeState& node : remote)
    if (node.state == MemberState::kAlive) narrow(node.versions);
  for (const auto& [name, node] : nodes_)
    if (node.is_up()) narrow(node.versions);
  auto remote_fits = [&](const NodeState& n) { return n.state != MemberState::kAlive || is_within(n.versions); };
  auto known_fits = [&](const auto& pair) { return !pair.second.is_up() || is_within(pair.second.versions); };
  return std::ranges::all_of(remote, remote_fits) && std::ranges::all_of(nodes_, known_fits);
}

void Membership::refute(uint32_t accused_incarnation, bool was_dead) {
  SKEIN_ASSERT(!is_leaving_);
  Node& self = nodes_.at(self_);
  uint32_t highest = std::max(self.incarnation, accused_incarnation);
  self.incarnation = highest == UINT32_MAX ? highest : highest + 1;
  SKEIN_ASSERT(self.incarnation >= accused_incarnation);
  spread(self, alive_claim(self));
  events_.push_back(Refuted{was_dead});
}

Alive Membership::alive_claim(const Node& node) const {
  return {node.incarnation, node.name, to_octets(node.address.host), node.address.port, node.meta, node.versions};
}

void Membership::leave(TimePoint now) {
  is_leaving_ = true;
  on_dead({nodes_.at(self_).incarnation, self_, self_}, now);
}

void Membership::expire(TimePoint now) {
  std::vector<Dead> deaths;
  for (const std::string& name : suspects_) {
    const Node& node = nodes_.at(name);
    SKEIN_ASSERT(node.suspicion && node.state == MemberState::kSuspect);
    if (node.suspicion->deadline() <= now) deaths.push_back({node.incarnation, name, self_});
  }
  for (const Dead& death : deaths) on_dead(death, now);
}

TimePoint Membership::next_expiry() const {
  TimePoint next = TimePoint::never();
  for (const std::string& name : suspects_) next = std::min(next, nodes_.at(name).suspicion->deadline());
  return next;
}

void Membership::forget_old(TimePoint now) {
  auto is_old = [&](const Node& node) {
    return node.name != self_ && !node.is_up() && now - node.state_since > timings_.dead_keep;
  };
  std::erase_if(deck_, [&](const Node* node) { return is_old(*node); });
  std::erase_if(nodes_, [&](const auto& pair) { return is_old(pair.second); });
  SKEIN_ASSERT(deck_.size() + 1 == nodes_.size());
}

const Node* Membership::find(const std::string& name) const {
  auto it = nodes_.find(name);
  return it == nodes_.end() ? nullptr : &it->second;
}

const Node* Membership::find_at(const IpAddress& host) const {
  for (const auto& [name, node] : nodes_)
    if (node.is_up() && node.address.host == host) return &node;
  return nullptr;
}

Node* Membership::find_mutable(const std::string& name) {
  auto it = nodes_.find(name);
  return it == nodes_.end() ? nullptr : &it->second;
}

std::vector<NodeState> Membership::states() const {
  std::vector<NodeState> out;
  for (const auto& [name, node] : nodes_)
    out.push_back({name, to_octets(node.address.host), node.address.port, node.meta, node.incarnation, node.state,
                   node.versions});
  return out;
}

std::vector<const Node*> Membership::pick(size_t count, const std::function<bool(const Node&)>& fits) const {
  std::vector<const Node*> chosen;
  for (size_t i = 0; i < deck_.size() && chosen.size() < count; ++i) {
    std::swap(deck_[i], deck_[i + random_.below(deck_.size() - i)]);
    if (fits(*deck_[i])) chosen.push_back(deck_[i]);
  }
  return chosen;
}

}  // namespace skein::gossip
