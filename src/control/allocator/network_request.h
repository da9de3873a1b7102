// What a user asked for in a network's spec, checked: subnets, ranges, gateways, auxiliary addresses and VNIs.
//
// Pure and stateless: refuses what can never work, whoever else is in the swarm.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "wire/proto/objects.pb.h"

namespace skein::control {

namespace api = docker::swarmkit::v1;

inline constexpr uint8_t kSubnetBitsMax = 30;  // gateway and one endpoint

// One entry of the spec's IPAM configuration.
struct SubnetRequest {
  api::IPAMConfig config;        // as given
  bool is_ipv6 = false;          // carried along; endpoints get IPv4 addresses only
  std::optional<Subnet> subnet;  // empty: one from the pools
  uint8_t pool_bits = 0;         // its size then; 0: the pools' own
  std::optional<Subnet> range;
  std::optional<Ipv4> gateway;
  std::vector<Ipv4> reserved;
};

// At least one IPv4 entry comes out. Errors in Docker's words, code kInvalidArgument.
Result<std::vector<SubnetRequest>> parse_subnet_requests(const api::NetworkSpec& spec);

// The VNIs of option vxlanid_list; 0 means "any". Empty if the option is absent.
Result<std::vector<Vni>> parse_vni_list(const api::Driver& driver);
std::string format_vni_list(const std::vector<Vni>& vnis);

// Whether the network's endpoints live in the swarm's overlay, instead of in a network that each node has for itself.
bool is_overlay(const api::NetworkSpec& spec);

}  // namespace skein::control
