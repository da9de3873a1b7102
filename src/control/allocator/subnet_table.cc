#include "control/allocator/subnet_table.h"

#include <algorithm>

#include "control/allocator/network_request.h"

namespace skein::control {
Result<AddressPools> AddressPools::from_cluster(const api::Cluster& cluster) {
  AddressPools out;
  if (cluster.subnet_size() > kSubnetBitsMax)
    return make_error(Code::kInvalidArgument, "invalid default subnet size " + std::to_string(cluster.subnet_size()),
                      "it must be at most " + std::to_string(kSubnetBitsMax));
  if (cluster.subnet_size() != 0) out.subnet_bits = static_cast<uint8_t>(cluster.subnet_size());
  if (cluster.default_address_pool_size() > 0) out.pools.clear();
  for (const std::string& text : cluster.default_address_pool()) {
    auto pool = Subnet::parse_masking(text);
    if (!pool.ok()) return make_error(Code::kInvalidArgument, "invalid default address pool " + text);
    if (pool->prefix_bits > out.subnet_bits)
      return make_error(Code::kInvalidArgument, "invalid default address pool " + text,
                        "it is smaller than a subnet of /" + std::to_string(out.subnet_bits));
    for (const Subnet& other : out.pools)
      if (other.overlaps(*pool))
        return make_error(Code::kInvalidArgument, "invalid default address pool " + text,
                          "it overlaps with " + other.text());
    out.pools.push_back(*pool);
  }
  return out;
}

Result<Subnet> SubnetTable::first_free(std::span<const HostPrefix> hosts, std::span<const Subnet> others,
                                       uint8_t bits) const {
  if (bits == 0) bits = pools_.subnet_bits;
  const uint64_t step = uint64_t{1} << (32 - bits);
  for (const Subnet& pool : pools_.pools) {
    if (pool.prefix_bits > bits) continue;
    for (uint64_t base = pool.first().value; base <= pool.last().value;) {
      Subnet candidate{Ipv4{static_cast<uint32_t>(base)}, bits};
      const Subnet* obstacle = nullptr;
      if (const Taken* taken = overlapping(candidate)) obstacle = &taken->subnet;
      for (const HostPrefix& host : hosts)
        if (host.prefix.overlaps(candidate)) obstacle = &host.prefix;
      for (const Subnet& other : others)
        if (other.overlaps(candidate)) obstacle = &other;
      SKEIN_ASSERT(pool.contains(candidate));
      if (!obstacle) return candidate;
      SKEIN_ASSERT(obstacle->overlaps(candidate));  // so that each round gets further
      uint64_t beyond = (uint64_t{obstacle->last().value} + step) / step * step;
      base = std::max(base + step, beyond);
    }
  }
  std::string pools;
  for (const Subnet& pool : pools_.pools) pools += (pools.empty() ? "" : ", ") + pool.text();
  return make_error(
      Code::kResourceExhausted,
      "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
      "each /" + std::to_string(bits) + " of " + pools + " is used by a network or a host",
      "remove a network or give a --subnet");
}

const SubnetTable::Taken* SubnetTable::overlapping(const Subnet& subnet) const {
  auto after = taken_.upper_bound(subnet.last());
  if (after == taken_.begin()) return nullptr;
  const Taken& last_before = std::prev(after)->second;
  return last_before.subnet.overlaps(subnet) ? &last_before : nullptr;
}

Result<void> SubnetTable::check_free(const Subnet& subnet, std::span<const HostPrefix> hosts) const {
  if (const Taken* taken = overlapping(subnet))
    return make_error(Code::kInvalidArgument, std::string(kOverlaps),
                      subnet.text() + " overlaps with " + taken->subnet.text() + " of network " + taken->network_name,
                      "choose another --subnet");
  for (const HostPrefix& host : hosts)
    if (host.prefix.overlaps(subnet))
      return make_error(Code::kInvalidArgument, std::string(kOverlaps),
                        subnet.text() + " overlaps with " + host.prefix.text() + " of host " + host.node_name,
                        "choose another --subnet");
  return {};
}

void SubnetTable::insert(const Subnet& subnet, const std::string& network_name) {
  SKEIN_ASSERT(!overlapping(subnet));
  taken_.emplace(subnet.base, Taken{subnet, network_name});
}

}  // namespace skein::control
