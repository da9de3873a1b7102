#include "gossip/table/directory.h"

#include "base/result.h"

namespace skein::gossip {

// ---- membership

void Directory::set_up(const std::string& name, PeerAddress address, TimePoint now) {
  if (!nodes_.contains(name) && nodes_.size() >= kNodesMax) return;
  Known& node = nodes_[name];
  if (node.address != address) by_address_[node.address].erase(name);
  by_address_[address].insert(name);
  SKEIN_ASSERT(nodes_.size() <= kNodesMax);
  node.address = address;
  node.is_up = true;
  node.has_left = false;
  node.is_ghost = address == self_;
  if (node.is_ghost) return;
  make_ghosts_of_others_at(name, now);
  activate(name, now);
}

void Directory::set_down(const std::string& name, bool left, TimePoint now) {
  auto it = nodes_.find(name);
  if (it == nodes_.end()) return;
  Known& node = it->second;
  bool was_active = node.is_active();
  node.is_up = false;
  node.has_left |= left;
  node.down_since = now;
  if (was_active) deactivate(name, now);
  // Two names at one address, heard of in the wrong order: the survivor was the real one.
  for (const std::string& other : std::set<std::string>(by_address_[node.address])) {
    Known& survivor = nodes_.at(other);
    if (!survivor.is_up || !survivor.is_ghost || survivor.has_left || survivor.address == self_) continue;
    survivor.is_ghost = false;
    activate(other, now);
  }
}

void Directory::make_ghosts_of_others_at(const std::string& name, TimePoint now) {
  for (const std::string& other : std::set<std::string>(by_address_[nodes_.at(name).address])) {
    Known& ghost = nodes_.at(other);
    if (other == name || ghost.is_ghost) continue;
    bool was_active = ghost.is_active();
    ghost.is_ghost = true;
    if (was_active)
      deactivate(other, now);
    else if (!ghost.has_left)
      events_.push_back(NodeDeactivated{other, true});
  }
}

void Directory::activate(const std::string& name, TimePoint now) {
  Known& node = nodes_.at(name);
  SKEIN_ASSERT(node.is_active());
  events_.push_back(NodeActivated{name, node.was_active});
  node.was_active = true;
  auto first = parked_.lower_bound({name, ""});
  while (first != parked_.end() && first->first.first == name) {
    auto [key, parked] = *first;
    first = parked_.erase(first);
    auto apply = parked.is_leaving ? &Directory::network_left : &Directory::network_joined;
    if ((this->*apply)(name, key.second, parked.ltime, now))
      events_.push_back(LateNews{name, key.second, parked.ltime, parked.is_leaving});
  }
}

void Directory::deactivate(const std::string& name, TimePoint now) {
  Known& node = nodes_.at(name);
  SKEIN_ASSERT(!node.is_active());
  node.down_since = now;
  for (const auto& [network, attachment] : node.attachments)
    if (!attachment.is_leaving) {
      const size_t erased = members_[network].erase(name);
      SKEIN_ASSERT(erased == 1);
      events_.push_back(Detached{name, network});
    }
  node.attachments.clear();
  events_.push_back(NodeDeactivated{name, node.has_left || node.is_ghost});
}

// ---- announcements

bool Directory::node_joined(const std::string& name, LamportTime ltime, TimePoint now) {
  auto it = nodes_.find(name);
  if (it == nodes_.end() || ltime <= it->second.ltime) return false;
  Known& node = it->second;
  node.ltime = ltime;
  if (!node.is_up || node.is_active() || node.address == self_) return false;
  node.has_left = false;
  node.is_ghost = false;
  make_ghosts_of_others_at(name, now);
  activate(name, now);
  return true;
}

bool Directory::node_left(const std::string& name, LamportTime ltime, TimePoint now) {
  auto it = nodes_.find(name);
  if (it == nodes_.end() || ltime <= it->second.ltime) return false;
  Known& node = it->second;
  node.ltime = ltime;
  if (node.has_left) return false;
  bool was_active = node.is_active();
  node.has_left = true;
  if (was_active)
    deactivate(name, now);
  else
    events_.push_back(NodeDeactivated{name, true});
  return true;
}

bool Directory::network_joined(const std::string& name, const std::string& network, LamportTime ltime, TimePoint now) {
  auto it = nodes_.find(name);
  if (it == nodes_.end() || !it->second.is_active()) {
    park(name, network, {ltime, false, now});
    return false;
  }
  Known& node = it->second;
  auto known = node.attachments.find(network);
  if (known != node.attachments.end() && ltime <= known->second.ltime) return false;
  if (known == node.attachments.end() && node.attachments.size() >= kAttachmentsPerNodeMax) return false;
  attach(node, name, network, ltime);
  return true;
}

void Directory::attach(Known& node, const std::string& name, const std::string& network, LamportTime ltime) {
  SKEIN_ASSERT(node.is_active());
  node.attachments[network] = {ltime, false, {}};
  SKEIN_ASSERT(node.attachments.size() <= kAttachmentsPerNodeMax);
  if (members_[network].insert(name).second) events_.push_back(Attached{name, network});
}

bool Directory::network_left(const std::string& name, const std::string& network, LamportTime ltime, TimePoint now) {
  auto it = nodes_.find(name);
  if (it == nodes_.end() || !it->second.is_active()) {
    park(name, network, {ltime, true, now});
    return false;
  }
  Known& node = it->second;
  auto known = node.attachments.find(network);
  bool was_known = known != node.attachments.end();
  if (was_known && ltime <= known->second.ltime) return false;
  if (!was_known && node.attachments.size() >= kAttachmentsPerNodeMax) return false;
  bool was_member = was_known && !known->second.is_leaving;
  // Kept even when its join was not heard of, so that the late join is recognised as old.
  node.attachments[network] = {ltime, true, now + timings_.left_network_keep};
  SKEIN_ASSERT(was_member == is_attached(name, network));
  if (was_member) {
    members_[network].erase(name);
    events_.push_back(Detached{name, network});
  }
  return was_known;
}

void Directory::infer_attachment(const std::string& name, const std::string& network) {
  auto it = nodes_.find(name);
  if (it == nodes_.end() || !it->second.is_active() || it->second.attachments.contains(network)) return;
  if (it->second.attachments.size() < kAttachmentsPerNodeMax) attach(it->second, name, network, 0);
}

void Directory::park(const std::string& name, const std::string& network, Parked parked) {
  auto it = parked_.find({name, network});
  if (it != parked_.end() && it->second.ltime >= parked.ltime) return;
  if (it == parked_.end() && parked_.size() >= kParkedMax) return;
  parked_[{name, network}] = parked;
  SKEIN_ASSERT(parked_.size() <= kParkedMax);
}

void Directory::reap(TimePoint now) {
  std::erase_if(parked_, [&](const auto& pair) { return now - pair.second.since > kParkedKeep; });
  for (auto& [name, node] : nodes_)
    std::erase_if(node.attachments,
                  [&](const auto& pair) { return pair.second.is_leaving && pair.second.reap_at <= now; });
  std::erase_if(members_, [](const auto& pair) { return pair.second.empty(); });
  std::erase_if(nodes_, [&](const auto& pair) {
    if (pair.second.is_up || now - pair.second.down_since <= timings_.failed_node_keep) return false;
    const size_t erased = by_address_[pair.second.address].erase(pair.first);
    SKEIN_ASSERT(erased == 1);
    return true;
  });
  std::erase_if(by_address_, [](const auto& pair) { return pair.second.empty(); });
}

// ---- queries

const Directory::Known* Directory::find(const std::string& name) const {
  auto it = nodes_.find(name);
  return it == nodes_.end() ? nullptr : &it->second;
}

bool Directory::is_attached(const std::string& name, const std::string& network) const {
  return members(network).contains(name);
}

const std::set<std::string>& Directory::members(const std::string& network) const {
  static const std::set<std::string> kNone;
  auto it = members_.find(network);
  return it == members_.end() ? kNone : it->second;
}

}  // namespace skein::gossip
