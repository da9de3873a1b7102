#include "control/allocator/address_space.h"

#include <algorithm>

namespace skein::control {

AddressSpace::AddressSpace(Subnet subnet, Subnet range) : subnet_(subnet), range_(range), next_(range.first().value) {
  SKEIN_ASSERT(subnet_.contains(range_));
  reserve(subnet_.first());
  reserve(subnet_.last());
}

std::optional<Ipv4> AddressSpace::take_next() {
  uint32_t last = range_.last().value;
  auto found = taken_.first_absent(next_, last);
  if (!found) found = taken_.first_absent(range_.first().value, last);
  if (!found) return std::nullopt;
  SKEIN_ASSERT(range_.contains(Ipv4{*found}));
  taken_.insert(*found);
  next_ = *found + 1;
  return Ipv4{*found};
}

bool AddressSpace::take(Ipv4 address) {
  SKEIN_ASSERT(subnet_.contains(address));
  return taken_.insert(address.value);
}

void AddressSpace::share(Ipv4 address) {
  SKEIN_ASSERT(contains(address) && !is_reserved(address));  // it has a first holder
  ++extra_holders_[address.value];
}

bool AddressSpace::reserve(Ipv4 address) {
  SKEIN_ASSERT(subnet_.contains(address));
  return taken_.insert(address.value) && reserved_.insert(address.value);
}

bool AddressSpace::release(Ipv4 address) {
  if (is_reserved(address)) return false;
  auto extra = extra_holders_.find(address.value);
  if (extra == extra_holders_.end()) return taken_.erase(address.value);
  SKEIN_ASSERT(contains(address) && extra->second > 0);
  if (--extra->second == 0) extra_holders_.erase(extra);
  return true;
}

void AddressSpace::move_cursor_past(Ipv4 address) {
  if (range_.contains(address)) next_ = std::max(next_, address.value + 1);
}

}  // namespace skein::control
