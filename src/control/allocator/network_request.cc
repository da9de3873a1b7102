#include "control/allocator/network_request.h"

#include <array>
#include <charconv>

#include "control/allocator/allocator.h"

namespace skein::control {
namespace {

Error refused(std::string what, std::string because = {}, std::string try_next = {}) {
  return make_error(Code::kInvalidArgument, std::move(what), std::move(because), std::move(try_next));
}

Error invalid_subnet(const std::string& text) {
  return refused("Invalid subnet " + text + " : invalid CIDR address: " + text);
}

Result<void> check_room(const Subnet& subnet) {
  if (subnet.prefix_bits <= kSubnetBitsMax) return {};
  return refused("Invalid subnet " + subnet.text(), "it has no room for a gateway and an endpoint",
                 "make it /" + std::to_string(kSubnetBitsMax) + " or larger");
}

// Prefixes that hosts cannot have: this network, loopback, multicast and reserved (RFC 6890).
Result<void> check_usable(const Subnet& subnet) {
  static constexpr std::array kNever = {Subnet{Ipv4{0x00000000}, 8}, Subnet{Ipv4{0x7f000000}, 8},
                                        Subnet{Ipv4{0xe0000000}, 3}};
  for (const Subnet& never : kNever)
    if (subnet.overlaps(never))
      return refused("Invalid subnet " + subnet.text(), "endpoints cannot have addresses of " + never.text(),
                     "choose a private one, such as 10.50.0.0/24");
  return check_room(subnet);
}

bool is_ipv6(const api::IPAMConfig& config) {
  return config.family() == api::IPAMConfig::IPV6 || config.subnet().find(':') != std::string::npos;
}

Result<void> check_ipv6(const api::IPAMConfig& config) {
  const std::string& text = config.subnet();
  size_t slash = text.find('/');
  int bits = -1;
  if (slash != std::string::npos) {
    auto [end, failed] = std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
    if (failed != std::errc() || end != text.data() + text.size()) bits = -1;
  }
  if (bits < 0 || bits > 128 || !Ipv6::parse(text.substr(0, slash)).ok()) return invalid_subnet(text);
  return {};
}

// An address of the subnet that an endpoint could have.
Result<Ipv4> parse_inside(const Subnet& subnet, const std::string& text, const std::string& kind) {
  auto address = Ipv4::parse(text);
  if (!address.ok()) return refused("invalid " + kind + " address: " + text);
  if (!subnet.contains(*address))
    return refused("ipam configuration: subnet " + subnet.text() + " does not contain " + kind + " " + text);
  if (*address == subnet.first() || *address == subnet.last())
    return refused("ipam configuration: invalid " + kind + " " + text,
                   "it is the network or broadcast address of " + subnet.text());
  return *address;
}

// "0.0.0.0/24": any prefix of this size from the pools; "0.0.0.0/0": of the pools' own size.
Result<SubnetRequest> parse_unspecified(SubnetRequest out, const Subnet& subnet) {
  SKEIN_TRY(check_room(subnet));
  if (!out.config.range().empty() || !out.config.gateway().empty() || !out.config.reserved().empty())
    return refused("every ip-range or gateway must have a corresponding subnet");
  out.pool_bits = subnet.prefix_bits;
  out.config.clear_subnet();
  return out;
}

Result<SubnetRequest> parse_one(const api::IPAMConfig& config) {
  SubnetRequest out{.config = config, .is_ipv6 = is_ipv6(config)};
  if (out.is_ipv6) {
    SKEIN_TRY(check_ipv6(config));
    return out;
  }
  if (config.subnet().empty()) {
    if (config.range().empty() && config.gateway().empty() && config.reserved().empty()) return out;
    return refused("every ip-range or gateway must have a corresponding subnet");
  }
  auto subnet = Subnet::parse_masking(config.subnet());
  if (!subnet.ok()) return invalid_subnet(config.subnet());
  if (subnet->base.is_unspecified()) return parse_unspecified(std::move(out), *subnet);
  SKEIN_TRY(check_usable(*subnet));
  out.subnet = *subnet;
  if (!config.range().empty()) {
    auto range = Subnet::parse_masking(config.range());
    if (!range.ok()) return refused("ipam configuration: invalid range " + config.range());
    if (!subnet->contains(*range))
      return refused("ipam configuration: subnet " + subnet->text() + " does not contain range " + config.range());
    out.range = *range;
  }
  if (!config.gateway().empty()) {
    SKEIN_TRY_ASSIGN(out.gateway, parse_inside(*subnet, config.gateway(), "gateway"));
  }
  for (const auto& [name, text] : config.reserved()) {
    SKEIN_TRY_ASSIGN(Ipv4 address, parse_inside(*subnet, text, "aux-address"));
    out.reserved.push_back(address);
  }
  return out;
}

}  // namespace

Result<std::vector<SubnetRequest>> parse_subnet_requests(const api::NetworkSpec& spec) {
  const std::string& ipam = spec.ipam().driver().name();
  if (!ipam.empty() && ipam != "default") return refused("IPAM driver " + ipam + " is not supported");
  std::vector<SubnetRequest> out;
  bool has_ipv4 = false;
  for (const api::IPAMConfig& config : spec.ipam().configs()) {
    SKEIN_TRY_ASSIGN(SubnetRequest request, parse_one(config));
    for (const SubnetRequest& other : out)
      if (request.subnet && other.subnet && request.subnet->overlaps(*other.subnet))
        return refused("Pool overlaps with other one on this address space",
                       request.subnet->text() + " and " + other.subnet->text() + " are in the same network",
                       "give one subnet, or some that do not overlap");
    has_ipv4 |= !request.is_ipv6;
    out.push_back(std::move(request));
  }
  if (!has_ipv4) out.insert(out.begin(), SubnetRequest{});
  return out;
}

Result<std::vector<Vni>> parse_vni_list(const api::Driver& driver) {
  std::vector<Vni> out;
  auto option = driver.options().find(std::string(kVxlanIdListOption));
  if (option == driver.options().end() || option->second.empty()) return out;
  std::string_view rest = option->second;
  for (;;) {
    size_t comma = rest.find(',');
    std::string_view text = rest.substr(0, comma);
    uint32_t value = 0;
    auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failed != std::errc() || end != text.data() + text.size() || value > Vni::kMax)
      return refused("invalid vxlan id value \"" + std::string(text) + "\" passed",
                     "it must be a number up to " + std::to_string(Vni::kMax));
    out.push_back(Vni{value});
    if (comma == std::string_view::npos) return out;
    rest.remove_prefix(comma + 1);
  }
}

std::string format_vni_list(const std::vector<Vni>& vnis) {
  std::string out;
  for (Vni vni : vnis) out += (out.empty() ? "" : ",") + std::to_string(vni.value);
  return out;
}

bool is_overlay(const api::NetworkSpec& spec) {
  const std::string& name = spec.driver_config().name();
  return name.empty() || name == "overlay";
}

}  // namespace skein::control
