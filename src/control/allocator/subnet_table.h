// Which subnets are taken, by whom, and which free one comes next. Taken subnets never overlap.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "wire/proto/objects.pb.h"

namespace skein::control {

namespace api = docker::swarmkit::v1;

inline constexpr std::string_view kOverlaps = "Pool overlaps with other one on this address space";

// Where subnets that no user chose come from.
struct AddressPools {
  std::vector<Subnet> pools = {Subnet{Ipv4{0x0a000000}, 8}};
  uint8_t subnet_bits = 24;
  // Cluster.default_address_pool and subnet_size; 10.0.0.0/8 in /24 when empty.
  static Result<AddressPools> from_cluster(const api::Cluster& cluster);
};

// A prefix that a host of the swarm uses outside overlay networks (its own address as /32, or a link's subnet).
struct HostPrefix {
  std::string node_name;
  Subnet prefix;
};

class SubnetTable {
 public:
  explicit SubnetTable(AddressPools pools) : pools_(std::move(pools)) {}
  void set_pools(AddressPools pools) { pools_ = std::move(pools); }

  // The first subnet of the pools that overlaps nothing taken, no host and none of `others`; of `bits`, unless 0.
  Result<Subnet> first_free(std::span<const HostPrefix> hosts, std::span<const Subnet> others, uint8_t bits = 0) const;

  // Refuses a subnet that overlaps a taken one or a host, naming it.
  Result<void> check_free(const Subnet& subnet, std::span<const HostPrefix> hosts) const;

  // Only after check_free or first_free.
  void insert(const Subnet& subnet, const std::string& network_name);
  void erase(const Subnet& subnet) { taken_.erase(subnet.base); }

 private:
  struct Taken {
    Subnet subnet;
    std::string network_name;
  };
  const Taken* overlapping(const Subnet& subnet) const;

  AddressPools pools_;
  std::map<Ipv4, Taken> taken_;  // by base address
};

}  // namespace skein::control
