// The addresses of one IPv4 subnet: which are taken, and which comes next.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/address.h"
#include "base/result.h"
#include "control/allocator/number_runs.h"

namespace skein::control {

class AddressSpace {
 public:
  // `range` is the part of the subnet that automatic addresses come from. Network and broadcast address are never free.
  AddressSpace(Subnet subnet, Subnet range);

  const Subnet& subnet() const { return subnet_; }
  const Subnet& range() const { return range_; }

  // The next free address of the range after the last one given out, wrapping; empty when there is none.
  std::optional<Ipv4> take_next();

  // A certain address of the subnet. False if it is taken. Neither call moves the cursor backwards.
  bool take(Ipv4 address);

  // Counts one more holder of an address that is taken already (see Allocator::restore_address).
  void share(Ipv4 address);

  // For the gateway and auxiliary addresses: taken for the life of the space.
  bool reserve(Ipv4 address);

  // One holder less. False if nobody held it, or if it is reserved.
  bool release(Ipv4 address);

  bool contains(Ipv4 address) const { return taken_.contains(address.value); }
  bool is_reserved(Ipv4 address) const { return reserved_.contains(address.value); }

  // Makes automatic addresses start after this one.
  void move_cursor_past(Ipv4 address);

  uint64_t in_use() const { return taken_.size(); }  // with network and broadcast
  // Addresses of the range that nobody has.
  uint64_t free_in_range() const {
    const uint32_t first = range_.first().value, last = range_.last().value;
    return uint64_t{last} - first + 1 - taken_.count_in(first, last);
  }
  uint64_t held() const { return taken_.size() - reserved_.size(); }  // by endpoints
  uint64_t used() const { return taken_.size() - 2; }                 // without network and broadcast
  uint64_t total() const { return (uint64_t{1} << (32 - subnet_.prefix_bits)) - 2; }

 private:
  Subnet subnet_, range_;
  NumberRuns taken_;     // reserved ones included
  NumberRuns reserved_;  // network and broadcast included
  std::map<uint32_t, uint32_t> extra_holders_;
  uint32_t next_;
};

}  // namespace skein::control
