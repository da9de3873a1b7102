#include "plan/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/random.h"
#include "plan/compile.h"
#include "plan/simulated_kernel.h"

namespace skein::plan {
namespace {

// Few networks and addresses, so that claims, moves and replacements happen all the time.
NetworkView random_view(Random& random) {
  NetworkView view;
  view.data_path_address = Ipv4{0xc0a80100 + static_cast<uint32_t>(random.below(3))};
  for (uint32_t host = 0; host < random.below(4); ++host) {
    HostPath path;
    path.interface_index = static_cast<uint32_t>(random.below(3));
    path.mtu_bytes = random.below(2) ? 1500 : 1400;
    view.hosts[Ipv4{0xc0a80100 + host}] = path;
  }
  for (uint32_t n = 0; n < random.below(4); ++n) {
    NetworkState network;
    network.vni = Vni{4096 + n};
    network.subnet = Subnet{Ipv4{0x0a000000 + (n << 8)}, 24};
    network.gateway = Ipv4{network.subnet.base.value + 1};
    network.is_internal = random.below(4) == 0;
    network.is_local = random.below(4) == 0;
    for (uint64_t i = random.below(5); i > 0; --i) {
      Ipv4 address{network.subnet.base.value + 2 + static_cast<uint32_t>(random.below(6))};
      std::string id = to_hex(std::string(1, static_cast<char>(n * 8 + random.below(6)))) + std::string(62, '0');
      std::string netns = "/run/ns/" + std::to_string(random.below(3));
      network.local.push_back({id, netns, "eth0", address, Mac::from_ipv4(address), random.below(2) == 0});
      Ipv4 other{network.subnet.base.value + 2 + static_cast<uint32_t>(random.below(6))};
      Ipv4 host{0xc0a80100 + static_cast<uint32_t>(random.below(4))};
      network.remote.push_back({other, Mac::from_ipv4(other), host});
      PublishedPort port{.host_port = static_cast<uint16_t>(random.below(4)), .container_address = address};
      if (random.below(2)) view.ports.push_back(port);
    }
    for (uint64_t i = random.below(3); i > 0; --i) {
      VirtualService service;
      service.address = Ipv4{network.subnet.base.value + 6 + static_cast<uint32_t>(random.below(4))};
      service.balance = static_cast<Balance>(random.below(4));
      for (uint32_t last = 2; last < 8; ++last)
        if (random.below(2)) {
          ServiceBackend backend{Ipv4{network.subnet.base.value + last}};
          backend.weight = static_cast<uint16_t>(random.below(4));
          backend.is_draining = random.below(4) == 0;
          service.backends.push_back(backend);
        }
      network.services.push_back(std::move(service));
    }
    view.networks.push_back(std::move(network));
  }
  return view;
}

// What crashes, administrators and other programs do to a kernel's state.
void spoil(Observed& state, Random& random) {
  for (auto& [name, link] : state.links) {
    if (random.below(5) == 0) link.record.clear();
    if (random.below(5) == 0) link.is_settled = false;
    if (random.below(5) == 0) link.program.reset();
    if (random.below(5) == 0) link.neighbours.clear();
    if (random.below(5) == 0) link.mtu_bytes = 999;
    if (random.below(5) == 0) link.peer = ObservedLink::Peer::kElsewhere;
  }
  if (random.below(3) == 0) state.routes.clear();
  if (random.below(3) == 0) state.firewall.clear();
  if (random.below(3) == 0) state.held_port = random.below(2) ? std::optional<uint16_t>(0) : std::nullopt;
  if (random.below(3) == 0) state.floods.clear();
  if (random.below(3) == 0 && !state.services.empty()) state.services.begin()->second.backends.push_back({});
  if (random.below(3) == 0 && !state.endpoints.empty()) state.endpoints.begin()->second.mac = Mac{};
}

// The peer's whereabouts follow from the path in the intent, which the simulation does not track.
void look_for_peers(SimulatedKernel& kernel, const Intent& before, const Intent& after) {
  for (auto& [name, link] : kernel.state.links) {
    auto now = after.links.find(name);
    auto then = before.links.find(name);
    if (now != after.links.end() && then != before.links.end() &&
        now->second.endpoint.netns_path != then->second.endpoint.netns_path)
      link.peer = ObservedLink::Peer::kElsewhere;
  }
}

// Indices differ between histories; all else must not.
Observed without_indices(Observed state) {
  for (auto& [name, link] : state.links) link.interface_index = 0;
  return state;
}

TEST(Diff, from_any_state_one_pass_leads_to_the_intent_and_a_second_does_nothing) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    Intent before = compile(random_view(random));
    Intent after = compile(random_view(random));

    SimulatedKernel kernel;
    kernel.carry_out(diff(before, kernel.state), before);
    ASSERT_TRUE(diff(before, kernel.state).empty());
    look_for_peers(kernel, before, after);
    if (seed % 2) spoil(kernel.state, random);
    kernel.carry_out(diff(after, kernel.state), after);
    ASSERT_TRUE(diff(after, kernel.state).empty()) << text(diff(after, kernel.state).operations[0]);

    SimulatedKernel fresh;
    fresh.carry_out(diff(after, fresh.state), after);
    fresh.state.is_forwarding = kernel.state.is_forwarding;  // never switched off again
    ASSERT_EQ(without_indices(kernel.state), without_indices(fresh.state));
  }
}

// From what is known to be held, without looking, the same comes about as by reading all back.
TEST(Diff, where_links_come_and_go_what_is_known_leads_to_the_intent) {
  int tried = 0;
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    SeededRandom random(seed);
    const Intent held = compile(random_view(random)), wanted = compile(random_view(random));
    SimulatedKernel kernel;
    kernel.carry_out(diff(held, kernel.state), held);
    const auto moves = link_moves(wanted, held);
    if (!moves) continue;
    ++tried;
    std::map<std::string, uint32_t> leaving;
    for (const auto& name : moves->leaving) leaving[name] = kernel.state.links.at(name).interface_index;
    kernel.carry_out(diff_of_moves(wanted, held, moves->coming, leaving), wanted);
    EXPECT_TRUE(diff(wanted, kernel.state).empty()) << "seed " << seed;
  }
  EXPECT_GT(tried, 100);
}

// A restart of the daemon, or a change to another network, must not cost a running container a packet.
TEST(Diff, a_link_that_is_right_is_not_touched_when_others_change) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    Intent before = compile(random_view(random));
    Intent after = compile(random_view(random));
    SimulatedKernel kernel;
    kernel.carry_out(diff(before, kernel.state), before);
    look_for_peers(kernel, before, after);
    for (const Operation& operation : diff(after, kernel.state).operations) {
      std::string name;
      if (auto* op = std::get_if<DeleteLink>(&operation)) name = op->host_interface;
      if (auto* op = std::get_if<SetMtu>(&operation)) name = op->link.host_interface;
      if (auto* op = std::get_if<SettleLink>(&operation)) name = op->link.host_interface;
      if (auto* op = std::get_if<SetDefaultRoute>(&operation)) name = op->link.host_interface;
      auto then = before.links.find(name);
      auto now = after.links.find(name);
      if (then != before.links.end() && now != after.links.end()) {
        ASSERT_NE(then->second, now->second) << text(operation);
      }
    }
  }
}

NetworkView one_container() {
  NetworkView view;
  NetworkState network;
  network.vni = Vni{4097};
  network.subnet = Subnet::parse("10.0.1.0/24").value();
  network.gateway = Ipv4::parse("10.0.1.1").value();
  Ipv4 address = Ipv4::parse("10.0.1.5").value();
  network.local = {{std::string(64, 'a'), "/run/ns/a", "eth0", address, Mac::from_ipv4(address), true}};
  view.networks = {network};
  return view;
}

std::vector<std::string> texts(const Changes& changes) {
  std::vector<std::string> lines;
  for (const Operation& operation : changes.operations) lines.push_back(text(operation));
  return lines;
}

TEST(Diff, a_first_container_is_built_behind_its_walls_and_goes_up_last) {
  Intent wanted = compile(one_container());
  EXPECT_EQ(texts(diff(wanted, {})),
            (std::vector<std::string>{
                "replace the firewall's rules", "enable IPv4 forwarding", "set the tunnel endpoint to 0.0.0.0:4789",
                "create link skaaaaaaaaaaaa for 10.0.1.5", "set endpoints: 1 set, 0 removed",
                "set broadcast receivers: 1 set, 0 removed", "settle link skaaaaaaaaaaaa for 10.0.1.5"}));
}

TEST(Diff, a_host_in_a_swarm_forwards_before_its_first_container_comes) {
  Intent wanted;
  EXPECT_THAT(texts(diff(wanted, {})), testing::Not(testing::Contains("enable IPv4 forwarding")));
  wanted.data_path_address = Ipv4::parse("192.168.1.11").value();
  EXPECT_THAT(texts(diff(wanted, {})), testing::Contains("enable IPv4 forwarding"));
}

class DiffOfOne : public testing::Test {
 protected:
  void SetUp() override { kernel.carry_out(diff(wanted, kernel.state), wanted); }
  std::vector<std::string> pending() { return texts(diff(wanted, kernel.state)); }
  ObservedLink& link() { return kernel.state.links.at("skaaaaaaaaaaaa"); }

  NetworkView view = one_container();
  Intent wanted = compile(view);
  SimulatedKernel kernel;
};

TEST_F(DiffOfOne, a_departed_container_is_forgotten_before_its_link_goes) {
  view.networks[0].local.clear();
  wanted = compile(view);
  EXPECT_EQ(pending(),
            (std::vector<std::string>{"replace the firewall's rules", "set endpoints: 0 set, 1 removed",
                                      "set broadcast receivers: 0 set, 1 removed", "delete link skaaaaaaaaaaaa"}));
}

TEST_F(DiffOfOne, a_changed_mtu_reaches_interface_and_program) {
  view.networks[0].underlay_mtu_bytes = 1400;
  wanted = compile(view);
  EXPECT_EQ(pending(), (std::vector<std::string>{"set MTU 1350 of link skaaaaaaaaaaaa for 10.0.1.5",
                                                 "settle link skaaaaaaaaaaaa for 10.0.1.5"}));
}

// `network connect` moves the default route between the container's interfaces while it runs.
TEST_F(DiffOfOne, a_moved_default_route_keeps_the_link) {
  view.networks[0].local[0].has_default_route = false;
  wanted = compile(view);
  EXPECT_EQ(pending(), std::vector<std::string>{"remove default route from link skaaaaaaaaaaaa for 10.0.1.5"});
}

TEST_F(DiffOfOne, a_link_left_half_made_is_made_anew) {
  link().record.clear();
  std::vector<std::string> lines = pending();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.front(), "delete link skaaaaaaaaaaaa");
  EXPECT_EQ(lines.back(), "settle link skaaaaaaaaaaaa for 10.0.1.5");
}

TEST_F(DiffOfOne, a_namespace_that_cannot_be_opened_is_no_reason_to_cut_a_link) {
  link().peer = ObservedLink::Peer::kUnknown;
  EXPECT_TRUE(pending().empty());
}

// The data path believes a list of backends only where their endpoints agree.
TEST_F(DiffOfOne, a_services_backends_are_named_before_the_service) {
  view.networks[0].services = {{Ipv4{0x0a000164}, Balance::kRoundRobin, {{view.networks[0].local[0].address}}}};
  wanted = compile(view);
  EXPECT_EQ(pending(), (std::vector<std::string>{"set endpoints: 1 set, 0 removed", "set services: 1 set, 0 removed"}));
  kernel.carry_out(diff(wanted, kernel.state), wanted);
  view.networks[0].services[0].backends[0].is_draining = true;
  wanted = compile(view);
  EXPECT_EQ(pending(), std::vector<std::string>{"set services: 1 set, 0 removed"});
  view.networks[0].services.clear();
  wanted = compile(view);
  EXPECT_EQ(pending(), (std::vector<std::string>{"set endpoints: 1 set, 0 removed", "set services: 0 set, 1 removed"}));
}

TEST_F(DiffOfOne, rules_that_somebody_removed_come_back) {
  kernel.state.firewall.clear();
  EXPECT_EQ(pending(), std::vector<std::string>{"replace the firewall's rules"});
}

TEST_F(DiffOfOne, a_host_route_that_leads_to_nobody_is_removed) {
  kernel.state.routes[Ipv4{0x0a000199}] = "skaaaaaaaaaaaa";
  EXPECT_EQ(pending(), std::vector<std::string>{"delete host route to 10.0.1.153 through skaaaaaaaaaaaa"});
}

TEST(LinkRecord, the_longest_fits_an_interface_alias) {
  LinkIntent link;
  link.endpoint = {std::string(64, 'a'), "", std::string(15, 'x'), Ipv4{UINT32_MAX}, Mac{}, false};
  link.vni = Vni{UINT32_MAX};
  link.gateway = Ipv4{UINT32_MAX};
  EXPECT_LT(link_record(link).size(), 256u);
}

// Both have the port, and the rules for its packets are there before it is.
TEST(DiffOfEspDevice, the_idle_device_goes_before_the_kernels_own_comes_and_comes_after_it_went) {
  auto position = []<class Operation>(const Changes& changes, Operation) {
    for (size_t i = 0; i < changes.operations.size(); ++i)
      if (std::holds_alternative<Operation>(changes.operations[i])) return i;
    return changes.operations.size();
  };
  Intent plain;
  plain.held_port = 4789;
  Intent encrypted;
  encrypted.esp_device = EspDevice::kVxlan;
  Observed seen;
  seen.held_port = 4789;
  seen.data_path_port = 4789;
  seen.firewall = firewall_fingerprint(plain);
  const Changes there = diff(encrypted, seen);
  EXPECT_LT(position(there, ReplaceFirewall{}), position(there, SetEspDevice{}));
  EXPECT_LT(position(there, HoldPort{}), position(there, SetEspDevice{}));
  seen.held_port.reset();
  seen.esp_device = EspDevice::kVxlan;
  const Changes back = diff(plain, seen);
  ASSERT_LT(position(back, HoldPort{}), back.operations.size());
  EXPECT_LT(position(back, SetEspDevice{}), position(back, HoldPort{}));
}

}  // namespace
}  // namespace skein::plan
