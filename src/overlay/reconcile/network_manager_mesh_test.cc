// A host takes clients of published ports in: as the manager says, for services of all hosts, and over the death of its
// daemon.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "overlay/peers/fake_swarm.h"
#include "overlay/reconcile/cluster_for_test.h"

namespace skein::overlay {
namespace {

using namespace std::chrono_literals;

NetworkInfo ingress() {
  NetworkInfo out = appnet();
  out.id = "ingress-id";
  out.name = "ingress";
  out.vni = Vni{4096};
  out.subnet = *Subnet::parse("10.0.0.0/24");
  out.gateway = ip("10.0.0.1");
  out.is_ingress = true;
  return out;
}

MeshPlace place(const char* address) { return {ingress(), ip(address)}; }

// A task of a service whose port 80 is published as 8080.
ContainerNetworkRequest published_task(const std::string& id, const std::string& address,
                                       const char* virtual_ip = "10.0.0.5") {
  ContainerNetworkRequest request = task_request(id, address);
  ServiceMembership service{std::string("s-") + virtual_ip, "web", ip(virtual_ip), {}};
  service.ingress_ports = {{"", IPPROTO_TCP, 80, 8080}};
  request.endpoints[0].network = ingress().id;
  request.endpoints[0].given = GivenEndpoint{ingress(), ip(address), service};
  return request;
}

const plan::MeshPort kPort{IPPROTO_TCP, std::nullopt, 8080};

struct MeshMember : testing::Test {
  Host host{"mesh"};
  FakeSwarm swarm{"0123456789ab"};
  MeshMember() { enter(); }
  void enter() {
    host.manager->enter_swarm(swarm);
    host.manager->gossip_started();
    host.settle();
  }
  const plan::Intent& intent() { return host.kernel.applied.back(); }
  std::vector<gossip::Entry> told(const char* table) { return swarm.machine->entries(ingress().id, table); }
};

TEST_F(MeshMember, with_an_address_on_ingress_the_host_takes_part_and_tells_the_others) {
  EXPECT_FALSE(intent().mesh);
  host.manager->take_part_in_mesh(place("10.0.0.3"));
  host.settle();
  ASSERT_TRUE(intent().mesh);
  EXPECT_EQ(intent().mesh->vni, Vni{4096});
  EXPECT_EQ(intent().mesh->address, ip("10.0.0.3"));
  EXPECT_TRUE(intent().links.empty());
  EXPECT_EQ(told(kPeerTable).size(), 1u);
  EXPECT_TRUE(told(kEndpointTable).empty()) << "it has no names and backs nothing";
}

TEST_F(MeshMember, the_same_news_again_changes_nothing_and_another_address_takes_its_place) {
  host.manager->take_part_in_mesh(place("10.0.0.3"));
  host.settle();
  const std::string key = told(kPeerTable).at(0).key;
  host.manager->take_part_in_mesh(place("10.0.0.3"));
  EXPECT_EQ(told(kPeerTable).at(0).key, key);
  host.manager->take_part_in_mesh(place("10.0.0.4"));
  host.settle();
  EXPECT_EQ(intent().mesh->address, ip("10.0.0.4"));
  ASSERT_EQ(told(kPeerTable).size(), 1u);
  EXPECT_NE(told(kPeerTable).at(0).key, key);
  host.manager->take_part_in_mesh(std::nullopt);
  host.settle();
  EXPECT_FALSE(intent().mesh);
  EXPECT_TRUE(told(kPeerTable).empty());
}

TEST_F(MeshMember, the_next_daemon_goes_on_before_it_has_a_session) {
  host.manager->take_part_in_mesh(place("10.0.0.3"));
  host.start();
  ASSERT_TRUE(intent().mesh);
  EXPECT_EQ(intent().mesh->address, ip("10.0.0.3"));
  swarm.start("another-name");
  enter();
  EXPECT_EQ(told(kPeerTable).size(), 1u);
  host.manager->leave_swarm();
  host.settle();
  EXPECT_FALSE(intent().mesh);
  host.start();
  EXPECT_FALSE(intent().mesh);
}

TEST_F(MeshMember, a_task_here_has_its_ports_open_while_it_serves) {
  host.manager->take_part_in_mesh(place("10.0.0.3"));
  ASSERT_TRUE(host.attach(published_task("c1", "10.0.0.11")).ok());
  EXPECT_FALSE(intent().mesh_ports.contains(kPort)) << "it joins";
  host.manager->set_serving("c1", Serving::kServing);
  host.settle();
  ASSERT_TRUE(intent().mesh_ports.contains(kPort));
  EXPECT_EQ(intent().mesh_ports.at(kPort), (plan::MeshTarget{Vni{4096}, ip("10.0.0.5"), 80}));
  host.manager->detach("c1");
  host.settle();
  EXPECT_TRUE(intent().mesh_ports.empty());
}

TEST_F(MeshMember, a_program_of_the_host_on_a_published_port_is_told_to_the_managers) {
  host.manager->take_part_in_mesh(place("10.0.0.3"));
  ASSERT_TRUE(host.attach(published_task("c1", "10.0.0.11")).ok());
  host.kernel.holders = {{IPPROTO_TCP, 8080, IpAddress::from(Ipv4{}), "nginx", 812}};
  host.manager->set_serving("c1", Serving::kServing);
  host.settle();
  EXPECT_EQ(host.manager->port_holders(), host.kernel.holders);
  EXPECT_EQ(swarm.described, 1);
  host.kernel.holders.clear();
  host.manager->audit();
  host.settle();
  EXPECT_TRUE(host.manager->port_holders().empty());
  EXPECT_EQ(swarm.described, 2);
}

struct MeshOfTwo : testing::Test, Cluster {
  MeshOfTwo() {
    for (const char* address : {"10.0.0.3", "10.0.0.4"}) hosts[join()]->manager->take_part_in_mesh(place(address));
  }
  const plan::Intent& intent_of(size_t n) { return hosts[n]->kernel.applied.back(); }
};

TEST_F(MeshOfTwo, a_host_without_a_replica_leads_clients_to_those_of_the_others) {
  auto is_attached = begin_attaching(0, published_task("c1", "10.0.0.11"));
  ASSERT_TRUE(run_until_true(20s, [&] { return *is_attached; }));
  hosts[0]->manager->set_serving("c1", Serving::kServing);
  ASSERT_TRUE(run_until_true(20s, [&] { return intent_of(1).mesh_ports.contains(kPort); }));
  const plan::EndpointKey service{Vni{4096}, ip("10.0.0.5")}, backend{Vni{4096}, ip("10.0.0.11")},
      member{Vni{4096}, ip("10.0.0.3")};
  ASSERT_TRUE(intent_of(1).services.contains(service));
  EXPECT_EQ(intent_of(1).services.at(service).backends.size(), 1u);
  EXPECT_EQ(intent_of(1).endpoints.at(backend).service, ip("10.0.0.5"));
  EXPECT_TRUE(intent_of(1).endpoints.contains(member)) << "answers to its host's own connections";
  hosts[0]->manager->detach("c1");
  EXPECT_TRUE(run_until_true(20s, [&] { return intent_of(1).mesh_ports.empty(); }));
}

// The manager gives a port to one service at a time, but the end of the old one and the beginning of the new one come
// by different ways.
TEST_F(MeshOfTwo, a_port_that_changes_hands_leads_to_who_serves) {
  for (bool is_lower_first : {true, false}) {
    const char *first = is_lower_first ? "10.0.0.5" : "10.0.0.6", *second = is_lower_first ? "10.0.0.6" : "10.0.0.5";
    auto leads_to = [&](const char* service) {
      return run_until_true(20s, [&] {
        for (size_t n : {0, 1}) {
          auto found = intent_of(n).mesh_ports.find(kPort);
          if (found == intent_of(n).mesh_ports.end() || found->second.service != ip(service)) return false;
        }
        return true;
      });
    };
    auto begin = [&](size_t host, const char* name, const char* address, const char* service) {
      auto is_attached = begin_attaching(host, published_task(name, address, service));
      EXPECT_TRUE(run_until_true(20s, [&] { return *is_attached; }));
      hosts[host]->manager->set_serving(name, Serving::kServing);
    };
    begin(0, "old", "10.0.0.11", first);
    EXPECT_TRUE(leads_to(first));
    begin(1, "new", "10.0.0.12", second);
    hosts[0]->manager->set_serving("old", Serving::kDraining);
    EXPECT_TRUE(leads_to(second)) << "while the old one drains";
    hosts[0]->manager->detach("old");
    EXPECT_FALSE(run_until_true(2s, [] { return false; }));
    EXPECT_TRUE(leads_to(second)) << "and when it is gone";
    hosts[1]->manager->detach("new");
    EXPECT_TRUE(
        run_until_true(20s, [&] { return intent_of(0).mesh_ports.empty() && intent_of(1).mesh_ports.empty(); }));
  }
}

}  // namespace
}  // namespace skein::overlay
