#include "control/allocator/allocator.h"

#include <algorithm>

namespace skein::control {
namespace {

std::string text_in(Ipv4 address, const Subnet& subnet) { return InterfaceAddress{address, subnet.prefix_bits}.text(); }

// An address with or without prefix; the prefix is that of the subnet anyway.
Result<Ipv4> parse_address(std::string_view text) {
  if (text.find(':') != std::string_view::npos)
    return make_error(Code::kInvalidArgument, "invalid address " + std::string(text),
                      "endpoints of overlay networks have IPv4 addresses only");
  if (text.find('/') == std::string_view::npos) return Ipv4::parse(text);
  SKEIN_TRY_ASSIGN(InterfaceAddress address, InterfaceAddress::parse(text));
  return address.address;
}

AddressSpace* space_of(std::vector<AddressSpace>& spaces, Ipv4 address) {
  auto found = std::find_if(spaces.begin(), spaces.end(),
                            [&](const AddressSpace& space) { return space.subnet().contains(address); });
  return found == spaces.end() ? nullptr : &*found;
}

std::string subnets_of(const std::vector<AddressSpace>& spaces) {
  std::string out;
  for (const AddressSpace& space : spaces) out += (out.empty() ? "" : ", ") + space.range().text();
  return out;
}

// The spec's answer sheet: what Docker's managers write into an allocated overlay network.
void write_result(api::Network& network, std::span<const SubnetRequest> requests,
                  const std::vector<AddressSpace>& spaces, const std::vector<Ipv4>& gateways,
                  const std::vector<Vni>& vnis) {
  api::IPAMOptions& ipam = *network.mutable_ipam();
  ipam.Clear();
  *ipam.mutable_driver() = network.spec().ipam().driver();
  ipam.mutable_driver()->set_name("default");
  size_t next = 0;
  for (const SubnetRequest& request : requests) {
    api::IPAMConfig& config = *ipam.add_configs();
    config = request.config;
    if (request.is_ipv6) continue;
    if (!request.subnet) config.set_family(api::IPAMConfig::IPV4);
    config.set_subnet(spaces[next].subnet().text());
    if (request.range) config.set_range(request.range->text());
    config.set_gateway(gateways[next].text());
    ++next;
  }
  SKEIN_ASSERT(next == spaces.size() && gateways.size() == spaces.size());
  api::Driver& driver = *network.mutable_driver_state();
  driver.Clear();
  driver.set_name("overlay");
  *driver.mutable_options() = network.spec().driver_config().options();
  (*driver.mutable_options())[std::string(kVxlanIdListOption)] = format_vni_list(vnis);
}

}  // namespace

Result<api::Network> Allocator::allocate_network(const api::Network& network, std::span<const HostPrefix> hosts) {
  const std::string& name = network.spec().annotations().name();
  if (knows_network(network.id()))
    return make_error(Code::kAlreadyExists, "network " + name + " has its subnets already");
  api::Network out = network;
  Network entry{.name = name};
  if (!is_overlay(network.spec())) {
    out.mutable_driver_state()->Clear();
    out.mutable_driver_state()->set_name(network.spec().driver_config().name());
    out.mutable_ipam()->Clear();
    out.mutable_ipam()->mutable_driver();  // old agents take an absent one for an error
    insert(network.id(), std::move(entry));
    return out;
  }

  SKEIN_TRY_ASSIGN(auto requests, parse_subnet_requests(network.spec()));
  SKEIN_TRY_ASSIGN(auto wanted_vnis, parse_vni_list(network.spec().driver_config()));
  for (const auto& [id, other] : networks_)
    if (other.is_closing) SKEIN_TRY(check_leaves_free(other, requests, wanted_vnis));
  SKEIN_TRY_ASSIGN(entry.spaces, choose_spaces(requests, hosts));
  std::vector<Ipv4> gateways;
  size_t next = 0;
  for (const SubnetRequest& request : requests) {
    if (request.is_ipv6) continue;
    AddressSpace& space = entry.spaces[next++];
    // Docker lets an auxiliary address name the gateway, or be given twice.
    for (Ipv4 address : request.reserved) space.reserve(address);
    auto gateway = request.gateway ? request.gateway : space.take_next();
    if (!gateway)
      return make_error(Code::kInvalidArgument, "no address is left for the gateway of " + space.range().text(),
                        "all are auxiliary addresses", "make the range larger or give a --gateway");
    if (!request.gateway) space.release(*gateway);
    space.reserve(*gateway);
    gateways.push_back(*gateway);
  }
  SKEIN_TRY_ASSIGN(entry.vnis, vnis_.take(wanted_vnis, entry.spaces.size(), name));
  write_result(out, requests, entry.spaces, gateways, entry.vnis);
  insert(network.id(), std::move(entry));
  return out;
}

Result<void> Allocator::check_leaves_free(const Network& closing, std::span<const SubnetRequest> requests,
                                          std::span<const Vni> vnis) {
  const std::string that = "network " + closing.name + ", which is being removed";
  const char* const hint = "try again when its last task has ended";
  for (const AddressSpace& space : closing.spaces)
    for (const SubnetRequest& request : requests)
      if (request.subnet && request.subnet->overlaps(space.subnet()))
        return make_error(Code::kUnavailable, std::string(kOverlaps),
                          request.subnet->text() + " overlaps with " + space.subnet().text() + " of " + that, hint);
  for (Vni vni : vnis)
    if (vni.value != 0 && std::ranges::find(closing.vnis, vni) != closing.vnis.end())
      return make_error(Code::kUnavailable, "VXLAN id " + std::to_string(vni.value) + " is already in use",
                        "it is that of " + that, hint);
  return {};
}

Result<std::vector<AddressSpace>> Allocator::choose_spaces(std::span<const SubnetRequest> requests,
                                                           std::span<const HostPrefix> hosts) const {
  // Automatic subnets must avoid those that users chose, wherever these stand in the list.
  std::vector<Subnet> mine;
  for (const SubnetRequest& request : requests) {
    if (!request.subnet) continue;
    SKEIN_TRY(subnets_.check_free(*request.subnet, hosts));
    mine.push_back(*request.subnet);
  }
  std::vector<AddressSpace> out;
  for (const SubnetRequest& request : requests) {
    if (request.is_ipv6) continue;
    Subnet subnet = request.subnet.value_or(Subnet{});
    if (!request.subnet) {
      SKEIN_TRY_ASSIGN(subnet, subnets_.first_free(hosts, mine, request.pool_bits));
      mine.push_back(subnet);
    }
    out.emplace_back(subnet, request.range.value_or(subnet));
  }
  return out;
}

Result<void> Allocator::restore_network(const api::Network& network) {
  if (knows_network(network.id())) return {};
  return hold_network(network, true);
}

Result<void> Allocator::hold_network(const api::Network& network) {
  if (auto known = networks_.find(network.id()); known != networks_.end()) {
    known->second.is_closing = false;
    return {};
  }
  return hold_network(network, false);
}

Result<void> Allocator::hold_network(const api::Network& network, bool begins_behind) {
  const std::string& name = network.spec().annotations().name();
  if (network.driver_state().name().empty())
    return make_error(Code::kFailedPrecondition, "network " + name + " has no subnets yet");
  Network entry{.name = name};
  if (!is_overlay(network.spec())) {
    insert(network.id(), std::move(entry));
    return {};
  }
  // The allocated form is a spec that leaves nothing open; so the same rules hold.
  api::NetworkSpec stated = network.spec();
  *stated.mutable_ipam() = network.ipam();
  SKEIN_TRY_ASSIGN(auto requests, parse_subnet_requests(stated));
  SKEIN_TRY_ASSIGN(std::vector<Vni> vnis, parse_vni_list(network.driver_state()));
  for (const SubnetRequest& request : requests) {
    if (request.is_ipv6) continue;
    if (!request.subnet) return make_error(Code::kDataLoss, "network " + name + " is stored without its subnet");
    SKEIN_TRY(subnets_.check_free(*request.subnet, {}));
    AddressSpace& space = entry.spaces.emplace_back(*request.subnet, request.range.value_or(*request.subnet));
    for (Ipv4 address : request.reserved) space.reserve(address);
    if (request.gateway) space.reserve(*request.gateway);
  }
  if (vnis.size() != entry.spaces.size() || std::find(vnis.begin(), vnis.end(), Vni{0}) != vnis.end())
    return make_error(Code::kDataLoss, "network " + name + " is stored without its VXLAN id");
  SKEIN_TRY(begins_behind ? vnis_.restore(vnis, name) : vnis_.hold(vnis, name));
  entry.vnis = std::move(vnis);
  insert(network.id(), std::move(entry));
  return {};
}

void Allocator::insert(const std::string& id, Network network) {
  SKEIN_ASSERT(network.vnis.size() == network.spaces.size());
  for (const AddressSpace& space : network.spaces) subnets_.insert(space.subnet(), network.name);
  const bool is_new = networks_.emplace(id, std::move(network)).second;
  SKEIN_ASSERT(is_new);
}

void Allocator::erase(const std::string& id) {
  const Network& network = networks_.at(id);
  for (const AddressSpace& space : network.spaces) {
    SKEIN_ASSERT(space.held() == 0 && "no endpoint is left without its network");
    subnets_.erase(space.subnet());
  }
  vnis_.release(network.vnis);
  networks_.erase(id);
}

void Allocator::release_network(const std::string& network_id) {
  auto found = networks_.find(network_id);
  if (found == networks_.end()) return;
  const auto& spaces = found->second.spaces;
  found->second.is_closing = true;
  if (std::all_of(spaces.begin(), spaces.end(), [](const AddressSpace& space) { return space.held() == 0; }))
    erase(network_id);
}

Result<Allocator::Network*> Allocator::find_open(const std::string& network_id) {
  auto found = networks_.find(network_id);
  if (found == networks_.end()) return make_error(Code::kNotFound, "network " + network_id + " not found");
  Network& network = found->second;
  if (network.is_closing) return make_error(Code::kFailedPrecondition, "network " + network.name + " is being removed");
  if (network.spaces.empty())
    return make_error(Code::kFailedPrecondition, "network " + network.name + " has no addresses in the swarm",
                      "its driver gives them on each node");
  return &network;
}

Result<std::string> Allocator::allocate_address(const std::string& network_id, std::string_view requested) {
  SKEIN_TRY_ASSIGN(Network * network, find_open(network_id));
  if (!requested.empty()) return take_requested(*network, requested);
  for (AddressSpace& space : network->spaces)
    if (auto address = space.take_next()) return text_in(*address, space.subnet());
  return make_error(
      Code::kResourceExhausted,
      "no available IPv4 addresses on this network's address pools: " + network->name + " (" + network_id + ")",
      "no free address in " + subnets_of(network->spaces),
      "remove endpoints, or make the network anew with a larger --subnet");
}

Result<std::string> Allocator::take_requested(Network& network, std::string_view requested) {
  SKEIN_TRY_ASSIGN(Ipv4 address, parse_address(requested));
  AddressSpace* space = space_of(network.spaces, address);
  if (!space)
    return make_error(Code::kInvalidArgument, "requested address is out of range",
                      address.text() + " is not in a subnet of network " + network.name);
  if (space->take(address)) return text_in(address, space->subnet());
  bool is_edge = address == space->subnet().first() || address == space->subnet().last();
  std::string because = address.text();
  because += is_edge                       ? " is the network or broadcast address of " + space->subnet().text()
             : space->is_reserved(address) ? " is the gateway or an auxiliary address of network " + network.name
                                           : " is taken on network " + network.name;
  return make_error(Code::kAlreadyExists, "Address already in use", because, "choose another one, or none");
}

Result<void> Allocator::restore_address(const std::string& network_id, std::string_view address) {
  return hold_address(network_id, address, true);
}

Result<void> Allocator::hold_address(const std::string& network_id, std::string_view address) {
  return hold_address(network_id, address, false);
}

Result<void> Allocator::hold_address(const std::string& network_id, std::string_view text, bool begins_behind) {
  auto found = networks_.find(network_id);
  if (found == networks_.end()) return make_error(Code::kNotFound, "network " + network_id + " not found");
  SKEIN_TRY_ASSIGN(Ipv4 address, parse_address(text));
  AddressSpace* space = space_of(found->second.spaces, address);
  if (!space)
    return make_error(Code::kInvalidArgument, address.text() + " is not in a subnet of network " + found->second.name);
  if (begins_behind) space->move_cursor_past(address);
  if (space->take(address)) return {};
  if (!space->is_reserved(address)) space->share(address);
  return make_error(Code::kAlreadyExists, address.text() + " of network " + found->second.name + " is held twice");
}

void Allocator::release_address(const std::string& network_id, std::string_view text) {
  auto found = networks_.find(network_id);
  auto address = parse_address(text);
  if (found == networks_.end() || !address.ok()) return;
  AddressSpace* space = space_of(found->second.spaces, *address);
  if (space && space->release(*address) && found->second.is_closing) release_network(network_id);
}

bool Allocator::has_addresses(const std::string& network_id) const {
  auto found = networks_.find(network_id);
  return found != networks_.end() && !found->second.spaces.empty();
}

AddressUsage Allocator::usage(const std::string& network_id) const {
  AddressUsage out;
  auto found = networks_.find(network_id);
  if (found == networks_.end()) return out;
  for (const AddressSpace& space : found->second.spaces) {
    out.used += space.used();
    out.total += space.total();
  }
  return out;
}

std::vector<SubnetUsage> Allocator::subnet_usage(const std::string& network_id) const {
  std::vector<SubnetUsage> out;
  auto found = networks_.find(network_id);
  if (found == networks_.end()) return out;
  for (const AddressSpace& space : found->second.spaces)
    out.push_back({space.subnet(), space.in_use(), space.free_in_range()});
  return out;
}

}  // namespace skein::control
