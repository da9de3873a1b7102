#include "plan/compile.h"

#include <gtest/gtest.h>

#include "base/addresses_for_test.h"

namespace skein::plan {
namespace {

Subnet subnet(const char* text) { return Subnet::parse(text).value(); }

std::string endpoint_id(char digit) { return std::string(64, digit); }

LocalEndpoint local(char digit, const char* address) {
  return {endpoint_id(digit), std::string("/run/ns/") + digit, "eth0", ip(address), Mac::from_ipv4(ip(address)), true};
}

RemoteEndpoint remote(const char* address, const char* host) {
  return {ip(address), Mac::from_ipv4(ip(address)), ip(host)};
}

NetworkState network(uint32_t vni, const char* range, const char* gateway) {
  NetworkState state;
  state.id = "net" + std::to_string(vni);
  state.vni = Vni{vni};
  state.subnet = subnet(range);
  state.gateway = ip(gateway);
  return state;
}

HostPath path(uint32_t interface, uint32_t mtu_bytes) {
  HostPath path;
  path.interface_index = interface;
  path.mtu_bytes = mtu_bytes;
  return path;
}

NetworkView two_hosts() {
  NetworkView view;
  view.data_path_address = ip("192.168.1.10");
  view.hosts = {{ip("192.168.1.11"), path(2, 1500)}, {ip("192.168.1.12"), path(3, 9000)}};
  view.networks = {network(4097, "10.0.1.0/24", "10.0.1.1")};
  view.networks[0].local = {local('a', "10.0.1.5")};
  view.networks[0].remote = {remote("10.0.1.6", "192.168.1.11")};
  return view;
}

TEST(Compile, a_local_container_gets_a_link_and_both_ends_of_a_network_get_entries) {
  Intent intent = compile(two_hosts());
  ASSERT_EQ(intent.links.size(), 1u);
  const LinkIntent& link = intent.links.at("skaaaaaaaaaaaa");
  EXPECT_EQ(link.vni, Vni{4097});
  EXPECT_EQ(link.gateway, ip("10.0.1.1"));
  EXPECT_EQ(link.prefix_bits, 24);
  EXPECT_TRUE(link.is_routed);
  EXPECT_EQ(intent.endpoints.at({Vni{4097}, ip("10.0.1.5")}).host_interface, "skaaaaaaaaaaaa");
  EXPECT_EQ(intent.endpoints.at({Vni{4097}, ip("10.0.1.6")}).host, ip("192.168.1.11"));
  EXPECT_EQ(intent.floods.at(Vni{4097}).hosts, std::set<Ipv4>{ip("192.168.1.11")});
  EXPECT_EQ(intent.underlays, (std::set<uint32_t>{2, 3}));
}

// Packets that do not fit the narrowest path would vanish.
TEST(Compile, mtu_is_that_of_the_narrowest_path_minus_the_overhead) {
  NetworkView view = two_hosts();
  EXPECT_EQ(compile(view).links.begin()->second.mtu_bytes, 1450u);
  view.hosts[ip("192.168.1.12")].mtu_bytes = 1400;
  EXPECT_EQ(compile(view).links.begin()->second.mtu_bytes, 1350u);
  view.networks[0].underlay_mtu_bytes = 9000;
  EXPECT_EQ(compile(view).links.begin()->second.mtu_bytes, 8950u);
  view.networks[0].is_local = true;
  EXPECT_EQ(compile(view).links.begin()->second.mtu_bytes, 9000u);
  view.networks[0].underlay_mtu_bytes.reset();
  EXPECT_EQ(compile(view).links.begin()->second.mtu_bytes, 1500u);
}

TEST(Compile, mtu_stays_within_what_an_interface_can_have) {
  NetworkState state = network(4097, "10.0.1.0/24", "10.0.1.1");
  EXPECT_EQ(link_mtu_bytes(state, {}), 1450u);
  state.underlay_mtu_bytes = 10;
  EXPECT_EQ(link_mtu_bytes(state, {}), kMinMtuBytes);
  state.underlay_mtu_bytes = UINT32_MAX;
  EXPECT_EQ(link_mtu_bytes(state, {}), kMaxMtuBytes - kVxlanOverheadBytes);
}

TEST(Compile, an_address_claimed_here_and_elsewhere_is_ours) {
  NetworkView view = two_hosts();
  view.networks[0].remote.push_back(remote("10.0.1.5", "192.168.1.11"));
  EXPECT_EQ(compile(view).endpoints.at({Vni{4097}, ip("10.0.1.5")}).where, EndpointEntry::Where::kLocal);
}

// Gossip delivers in any order; the choice must not depend on it.
TEST(Compile, two_hosts_that_claim_an_address_are_told_apart_alike_in_any_order) {
  NetworkView view = two_hosts();
  view.networks[0].remote = {remote("10.0.1.9", "192.168.1.12"), remote("10.0.1.9", "192.168.1.11")};
  Intent one = compile(view);
  std::swap(view.networks[0].remote[0], view.networks[0].remote[1]);
  EXPECT_EQ(one, compile(view));
  EXPECT_EQ(one.endpoints.at({Vni{4097}, ip("10.0.1.9")}).host, ip("192.168.1.11"));
}

TEST(Compile, a_docker_engines_endpoint_is_known_as_such) {
  NetworkView view = two_hosts();
  view.networks[0].remote = {remote("10.0.1.8", "192.168.1.11"), remote("10.0.1.9", "192.168.1.11")};
  view.networks[0].remote[0].is_docker_engines = true;
  Intent intent = compile(view);
  EXPECT_TRUE(intent.endpoints.at({Vni{4097}, ip("10.0.1.8")}).is_docker_engines);
  EXPECT_FALSE(intent.endpoints.at({Vni{4097}, ip("10.0.1.9")}).is_docker_engines);
}

TEST(Compile, endpoints_take_ipv6_on_the_ingress_network_where_their_host_does) {
  NetworkView view = two_hosts();
  view.networks[0].remote = {remote("10.0.1.8", "192.168.1.11"), remote("10.0.1.9", "192.168.1.11")};
  view.networks[0].remote[0].takes_ipv6 = true;
  for (bool is_ingress : {true, false}) {
    view.networks[0].is_ingress = is_ingress;
    Intent intent = compile(view);
    const LinkIntent& link = intent.links.begin()->second;
    EXPECT_EQ(link.takes_ipv6, is_ingress);
    EXPECT_EQ(intent.endpoints.at({link.vni, link.endpoint.address}).takes_ipv6, is_ingress);
    EXPECT_EQ(intent.endpoints.at({Vni{4097}, ip("10.0.1.8")}).takes_ipv6, is_ingress);
    EXPECT_FALSE(intent.endpoints.at({Vni{4097}, ip("10.0.1.9")}).takes_ipv6);
  }
  view.networks[0].is_ingress = true;
  view.networks[0].local[0].has_ipv6_off = true;
  Intent intent = compile(view);
  EXPECT_FALSE(intent.links.begin()->second.takes_ipv6) << "its host translates";
  EXPECT_TRUE(intent.endpoints.at({Vni{4097}, view.networks[0].local[0].address}).takes_ipv6);
}

TEST(Compile, our_own_echo_among_the_remote_endpoints_is_ignored) {
  NetworkView view = two_hosts();
  view.networks[0].remote = {remote("10.0.1.7", "192.168.1.10")};
  Intent intent = compile(view);
  EXPECT_FALSE(intent.endpoints.contains({Vni{4097}, ip("10.0.1.7")}));
  EXPECT_TRUE(intent.floods.at(Vni{4097}).hosts.empty());
}

TEST(Compile, a_network_without_local_endpoints_is_known_but_neither_flooded_nor_masqueraded) {
  NetworkView view = two_hosts();
  view.networks[0].local.clear();
  Intent intent = compile(view);
  EXPECT_TRUE(intent.floods.empty());
  EXPECT_TRUE(intent.masqueraded.empty());
  EXPECT_TRUE(intent.endpoints.contains({Vni{4097}, ip("10.0.1.6")}));
}

TEST(Compile, an_internal_network_has_no_way_out) {
  NetworkView view = two_hosts();
  view.networks[0].is_internal = true;
  view.ports = {{.host_port = 80, .container_address = ip("10.0.1.5"), .container_port = 80}};
  Intent intent = compile(view);
  EXPECT_TRUE(intent.masqueraded.empty());
  EXPECT_TRUE(intent.ports.empty());
  EXPECT_FALSE(intent.links.begin()->second.is_routed);
  EXPECT_FALSE(intent.links.begin()->second.endpoint.has_default_route);
}

TEST(Compile, a_port_is_published_only_to_a_container_that_is_here) {
  NetworkView view = two_hosts();
  view.ports = {{.host_port = 80, .container_address = ip("10.0.1.5"), .container_port = 8080},
                {.host_port = 81, .container_address = ip("10.0.1.6"), .container_port = 8080},
                {.host_port = 80, .container_address = ip("10.0.1.5"), .container_port = 8081}};
  EXPECT_EQ(compile(view).ports, std::set<PublishedPort>{view.ports[0]});
}

TEST(Compile, endpoints_whose_ids_begin_alike_get_different_names) {
  NetworkView view = two_hosts();
  LocalEndpoint twin = local('a', "10.0.1.8");
  twin.id = std::string(12, 'a') + std::string(52, 'b');
  view.networks[0].local.push_back(twin);
  Intent intent = compile(view);
  ASSERT_EQ(intent.links.size(), 2u);
  EXPECT_TRUE(intent.links.contains("skaaaaaaaaaaaa"));
  EXPECT_EQ(intent.links.at("skaaaaaaaaaaab").endpoint.address, ip("10.0.1.8"));
  for (const auto& [name, link] : intent.links) EXPECT_LE(name.size(), 15u);
}

TEST(Compile, two_networks_of_one_subnet_leave_the_hosts_routes_to_the_first) {
  NetworkView view = two_hosts();
  view.networks.push_back(network(4098, "10.0.1.0/24", "10.0.1.254"));
  view.networks[1].local = {local('0', "10.0.1.5")};
  Intent intent = compile(view);
  EXPECT_TRUE(intent.links.at("skaaaaaaaaaaaa").is_routed);
  EXPECT_FALSE(intent.links.at("sk000000000000").is_routed);
  EXPECT_EQ(intent.masqueraded, (std::map<Subnet, Ipv4>{{subnet("10.0.1.0/24"), ip("10.0.1.1")}}));
}

TEST(Compile, a_local_network_is_never_tunnelled) {
  NetworkView view = two_hosts();
  view.networks[0].is_local = true;
  view.networks[0].vni = Vni{Vni::kMax + 1};
  Intent intent = compile(view);
  EXPECT_EQ(intent.endpoints.size(), 1u);
  EXPECT_TRUE(intent.floods.at(Vni{Vni::kMax + 1}).hosts.empty());
}

// Otherwise the kernel could never show what is wanted, and every pass would try again.
TEST(Compile, receivers_beyond_the_tables_size_are_left_out) {
  NetworkView view = two_hosts();
  for (uint32_t i = 0; i < kFloodReceiversMax + 10; ++i)
    view.networks[0].remote.push_back({Ipv4{0x0a000110 + i}, Mac{}, Ipv4{0xc0a90000 + i}});
  EXPECT_EQ(compile(view).floods.at(Vni{4097}).hosts.size(), kFloodReceiversMax);
}

TEST(Compile, outside_a_swarm_no_device_carries_tunnel_packets) {
  NetworkView view = two_hosts();
  view.data_path_address = {};
  view.underlays = {7};
  EXPECT_TRUE(compile(view).underlays.empty());
}

}  // namespace
}  // namespace skein::plan
