#include "overlay/reconcile/live_zone.h"

#include "overlay/reconcile/network_states.h"

namespace skein::overlay {

namespace {

constexpr size_t kKeptMax = 256;  // of names, and of addresses

}  // namespace

names::Zone LiveZone::zone_of(const RemoteIndex::Keys& keys) const {
  return make_zone(network_, book_, remote_.of_keys(network_.id, keys));
}

const std::set<Ipv4>* LiveZone::find(std::string_view name) const {
  const std::string lower = names::to_lower(name);
  auto found = by_name_.find(lower);
  if (found == by_name_.end()) found = by_name_.emplace(lower, zone_of(remote_.index(network_.id).named(lower))).first;
  return found->second.find(lower);
}

const std::string* LiveZone::pointer(Ipv4 address) const {
  auto found = by_address_.find(address);
  if (found == by_address_.end())
    found = by_address_.emplace(address, zone_of(remote_.index(network_.id).at(address))).first;
  return found->second.pointer(address);
}

void LiveZone::make_room() {
  if (by_name_.size() > kKeptMax) by_name_.clear();
  if (by_address_.size() > kKeptMax) by_address_.clear();
}

}  // namespace skein::overlay
