// Published ports in the plan: who is led where, and what a change of it costs.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "base/addresses_for_test.h"
#include "plan/compile.h"
#include "plan/merge.h"

namespace skein::plan {
namespace {

constexpr Vni kIngress{4096};

// A host without containers that takes clients in for the service 10.0.0.5 of another host's container.
NetworkView view_with(std::vector<ServicePort> ports, Ipv4 service = ip("10.0.0.5")) {
  NetworkView view;
  view.data_path_address = ip("192.0.2.1");
  view.mesh = MeshHost{kIngress, ip("10.0.0.3")};
  view.hosts[ip("192.0.2.2")].mtu_bytes = 1400;
  NetworkState& network = view.networks.emplace_back();
  network.vni = kIngress;
  network.subnet = Subnet::parse("10.0.0.0/24").value();
  network.gateway = ip("10.0.0.1");
  network.is_ingress = true;
  network.remote = {{ip("10.0.0.11"), Mac::from_ipv4(ip("10.0.0.11")), ip("192.0.2.2")}};
  network.services = {{service, Balance::kRoundRobin, {{ip("10.0.0.11")}}, std::move(ports)}};
  return view;
}
const MeshPort kPort{IPPROTO_TCP, std::nullopt, 8080};
MeshTarget led_to(const char* service, uint16_t port = 80) { return {kIngress, ip(service), port}; }

TEST(MeshPlan, a_host_without_containers_leads_clients_to_the_service) {
  Intent intent = compile(view_with({{IPPROTO_TCP, 8080, 80}, {IPPROTO_UDP, 5353, 53}}));
  EXPECT_EQ(intent.mesh_ports.size(), 2u);
  EXPECT_EQ(intent.mesh_ports.at(kPort), led_to("10.0.0.5"));
  EXPECT_EQ(intent.services.at({kIngress, ip("10.0.0.5")}).backends.size(), 1u);
  ASSERT_TRUE(intent.mesh);
  EXPECT_EQ(intent.mesh->mtu_bytes, 1350u) << "what fits the tunnel";
}

// A host outside of swarms with a container on a network of its own.
NetworkView container_view(std::vector<PublishedPort> ports) {
  NetworkView view;
  view.ports = std::move(ports);
  NetworkState& network = view.networks.emplace_back();
  network.vni = Vni{Vni::kMax + 1};
  network.is_local = true;
  network.subnet = Subnet::parse("172.17.0.0/16").value();
  network.gateway = ip("172.17.0.1");
  LocalEndpoint& endpoint = network.local.emplace_back();
  endpoint.id = std::string(64, 'a');
  endpoint.address = ip("172.17.0.2");
  return view;
}
PublishedPort own_port(const char* address, uint16_t port, uint16_t target, uint8_t protocol = IPPROTO_TCP) {
  return {protocol, IpAddress::parse(address).value(), port, ip("172.17.0.2"), target};
}

TEST(ContainerPorts, lead_clients_by_ipv6_through_the_mesh_without_a_swarm) {
  const NetworkView view = container_view({own_port("0.0.0.0", 9090, 80), own_port("::", 9090, 80)});
  const Intent intent = compile(view);
  EXPECT_EQ(intent.ports, std::set<PublishedPort>{view.ports[0]});
  const MeshTarget container{view.networks[0].vni, ip("172.17.0.2"), 80, true};
  EXPECT_EQ(intent.mesh_ports,
            (std::map<MeshPort, MeshTarget>{{{IPPROTO_TCP, IpAddress::from(Ipv6{}), 9090}, container}}));
  EXPECT_EQ(intent.mesh, (MeshHost{Vni{}, Ipv4{}, 1500}));
  EXPECT_FALSE(compile(container_view({own_port("127.0.0.1", 9090, 80)})).mesh) << "by IPv4 alone";
}

TEST(ContainerPorts, of_an_address_are_found_by_the_hosts_own_programs_too) {
  const Intent intent = compile(container_view({own_port("::1", 9090, 80)}));
  EXPECT_TRUE(intent.ports.empty());
  ASSERT_EQ(intent.mesh_ports.size(), 2u);
  for (const char* address : {"::1", "fd73:6b65:696e::1"})
    EXPECT_TRUE(intent.mesh_ports.contains({IPPROTO_TCP, IpAddress::parse(address).value(), 9090})) << address;
}

TEST(ContainerPorts, of_sctp_cannot_change_on_the_way) {
  EXPECT_TRUE(compile(container_view({own_port("::", 9090, 80, IPPROTO_SCTP)})).mesh_ports.empty());
  EXPECT_EQ(compile(container_view({own_port("::", 80, 80, IPPROTO_SCTP)})).mesh_ports.size(), 1u);
}

TEST(ContainerPorts, stand_beside_those_of_services_and_go_with_their_container) {
  NetworkView view = view_with({{IPPROTO_TCP, 8080, 80}});
  const Intent without = compile(view);
  const NetworkView own = container_view({own_port("::", 8080, 80)});
  view.networks.push_back(own.networks[0]);
  view.ports = own.ports;
  const Intent with = compile(view);
  EXPECT_EQ(with.mesh_ports.at(kPort), led_to("10.0.0.5"));
  EXPECT_EQ(with.mesh_ports.size(), 2u);
  EXPECT_EQ(with.mesh->address, ip("10.0.0.3"));
  EXPECT_NE(firewall_fingerprint(with), firewall_fingerprint(without));

  // What other hosts tell of the container's own address says nothing of its ports.
  Intent whole = with;
  const Part part{{kIngress, {ip("10.0.0.5")}}, {own.networks[0].vni, {ip("172.17.0.2")}}};
  (void)merge_tables(whole, without, part);
  EXPECT_EQ(whole.mesh_ports, with.mesh_ports);
  take_rest(whole, without);
  EXPECT_EQ(whole.mesh_ports, without.mesh_ports);
  take_rest(whole, with);
  EXPECT_EQ(whole.mesh_ports, with.mesh_ports);
}

TEST(MeshPlan, where_a_port_is_open_belongs_to_the_rules) {
  const auto access = model::PortAccess::parse("source=10.0.0.0/8").value();
  const Intent held = compile(view_with({{IPPROTO_TCP, 8080, 80}}));
  EXPECT_TRUE(held.mesh_access.empty());
  const Intent wanted = compile(view_with({{IPPROTO_TCP, 8080, 80, access}}));
  EXPECT_EQ(wanted.mesh_access, (std::map<MeshPort, model::PortAccess>{{kPort, access}}));
  Intent whole = held;
  const Part part{{kIngress, {ip("10.0.0.5")}}};
  EXPECT_EQ(merge_tables(whole, wanted, part).operations, std::vector<Operation>{ReplaceFirewall{}});
  EXPECT_EQ(whole.mesh_access, wanted.mesh_access);
  EXPECT_EQ(merge_tables(whole, held, part).operations, std::vector<Operation>{ReplaceFirewall{}});
  EXPECT_EQ(whole, held);
}

TEST(MeshPlan, while_tasks_are_replaced_the_restriction_counts) {
  const auto access = model::PortAccess::parse("source=10.0.0.0/8").value();
  const Intent intent = compile(view_with({{IPPROTO_TCP, 8080, 80}, {IPPROTO_TCP, 8080, 80, access}}));
  EXPECT_EQ(intent.mesh_access.at(kPort), access);
}

TEST(MeshPlan, without_an_address_on_ingress_there_is_no_mesh) {
  NetworkView view = view_with({{IPPROTO_TCP, 8080, 80}});
  view.mesh.reset();
  EXPECT_FALSE(compile(view).mesh);
  view.mesh = MeshHost{kIngress, {}};
  EXPECT_FALSE(compile(view).mesh);
}

TEST(MeshPlan, a_changed_set_of_ports_changes_the_rules_and_a_changed_target_does_not) {
  const Intent held = compile(view_with({{IPPROTO_TCP, 8080, 80}}));
  const Intent retargeted = compile(view_with({{IPPROTO_TCP, 8080, 81}}));
  auto operations = diff_of_tables(retargeted, held).operations;
  ASSERT_EQ(operations.size(), 1u);
  EXPECT_EQ(operations[0], Operation(SetMeshPorts{{{kPort, led_to("10.0.0.5", 81)}}, {}}));
  operations = diff_of_tables(compile(view_with({})), held).operations;
  ASSERT_EQ(operations.size(), 2u);
  EXPECT_EQ(operations[0], Operation(SetMeshPorts{{}, {kPort}}));
  EXPECT_EQ(operations[1], Operation(ReplaceFirewall{}));
}

TEST(MeshPlan, the_device_is_there_before_the_rules_that_name_it_and_goes_after_them) {
  const Intent wanted = compile(view_with({}));
  auto position = [](const Changes& changes, auto wanted_kind) {
    for (size_t i = 0; i < changes.operations.size(); ++i)
      if (changes.operations[i].index() == Operation(wanted_kind).index()) return i;
    return SIZE_MAX;
  };
  Changes made = diff(wanted, {});
  EXPECT_LT(position(made, SetMesh{}), position(made, ReplaceFirewall{}));
  Observed seen;
  seen.mesh = wanted.mesh;
  Changes gone = diff({}, seen);
  EXPECT_LT(position(gone, ReplaceFirewall{}), position(gone, SetMesh{}));
  Observed remade;
  remade.firewall = firewall_fingerprint(wanted);
  EXPECT_NE(position(diff(wanted, remade), ReplaceFirewall{}), SIZE_MAX) << "rules know a device by its number";
}

TEST(MeshPlan, a_part_brings_and_takes_its_own_ports) {
  Intent whole = compile(view_with({}));
  const Part part = {{kIngress, {ip("10.0.0.5"), ip("10.0.0.11")}}};
  auto merge = [&](const NetworkView& view) { return merge_tables(whole, compile(view), part).operations; };
  auto operations = merge(view_with({{IPPROTO_TCP, 8080, 80}}));
  EXPECT_EQ(whole.mesh_ports.at(kPort), led_to("10.0.0.5"));
  EXPECT_EQ(operations.back(), Operation(ReplaceFirewall{}));
  EXPECT_TRUE(merge(view_with({{IPPROTO_TCP, 8080, 80}})).empty());
  merge(view_with({}));
  EXPECT_TRUE(whole.mesh_ports.empty());
}

TEST(MeshPlan, a_port_that_changes_hands_follows_the_newer_service_in_either_order_of_news) {
  const Part old_part = {{kIngress, {ip("10.0.0.5")}}}, new_part = {{kIngress, {ip("10.0.0.6")}}};
  const NetworkView after = view_with({{IPPROTO_TCP, 8080, 80}}, ip("10.0.0.6"));
  for (bool is_end_first : {true, false}) {
    Intent whole = compile(view_with({{IPPROTO_TCP, 8080, 80}}));
    if (is_end_first) merge_tables(whole, compile(view_with({})), old_part);
    merge_tables(whole, compile(after), new_part);
    if (!is_end_first) merge_tables(whole, compile(view_with({})), old_part);
    ASSERT_TRUE(whole.mesh_ports.contains(kPort)) << is_end_first;
    EXPECT_EQ(whole.mesh_ports.at(kPort), led_to("10.0.0.6")) << is_end_first;
  }
}

}  // namespace
}  // namespace skein::plan
