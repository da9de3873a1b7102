#include "kernel/net/firewall/firewall.h"

#include <atomic>
#include <thread>

#include "base/random.h"
#include "kernel/net/firewall/firewall_watch.h"
#include "kernel/net/links/link.h"
#include "kernel/net/links/sysctl.h"
#include "kernel/net/test_host.h"

namespace skein::kernel::net {
namespace {

constexpr uint8_t kUdp = IPPROTO_UDP;

// Containers a and b on one network, c on another, d on an internal one; an outside machine. There is no data path
// here: the containers know their gateway's MAC, and containers of one network do not hear each other.
class Walls : public TestHost {
 protected:
  void SetUp() override {
    TestHost::SetUp();
    netlink_.emplace(Netlink::open().value());
    firewall_.emplace(Firewall::open().value());
    outside_ = make_outside();
    view_.networks = {test_network(4097, "10.0.1.0/24", "10.0.1.1"), test_network(4098, "10.0.2.0/24", "10.0.2.1"),
                      test_network(4099, "10.0.3.0/24", "10.0.3.1")};
    view_.networks[2].is_internal = true;
    view_.networks[0].local = {test_endpoint('a', "10.0.1.5", make_ns("a")),
                               test_endpoint('b', "10.0.1.6", make_ns("b"))};
    view_.networks[1].local = {test_endpoint('c', "10.0.2.5", make_ns("c"))};
    view_.networks[2].local = {test_endpoint('d', "10.0.3.5", make_ns("d"))};
    view_.ports = {{.protocol = kUdp, .host_port = 8000, .container_address = ip("10.0.1.5"), .container_port = 80},
                   {.protocol = kUdp,
                    .host_address = IpAddress::from(ip("127.0.0.1")),
                    .host_port = 8001,
                    .container_address = ip("10.0.2.5"),
                    .container_port = 80}};
    ASSERT_TRUE(write_sysctl("net/ipv4/ip_forward", "1").ok());
    auto replaced = firewall_->replace(intent());
    ASSERT_TRUE(replaced.ok()) << replaced.error().text();
    for (const auto& [name, link] : intent().links) {
      ASSERT_TRUE(create_link(*netlink_, link).ok());
      ASSERT_TRUE(settle_link(*netlink_, link).ok());
      sh_in(link.endpoint.netns_path,
            "ip neigh add " + link.gateway.text() + " lladdr " + Mac::from_ipv4(link.gateway).text() + " dev eth0");
    }
    // The internal container is given a way that it would not have, to see that the walls do not rely on its absence.
    sh_in(ns('d'), "ip route add default via 10.0.3.1");
  }

  plan::Intent intent() { return plan::compile(view_); }
  std::string ns(char key) { return namespaces_ + "/" + key; }
  std::string here() { return "/proc/thread-self/ns/net"; }

  std::optional<Netlink> netlink_;
  std::optional<Firewall> firewall_;
  std::string outside_;
  plan::NetworkView view_;
};

// As on a kernel that lacks what the mesh needs: here it is the device.
TEST_F(Walls, a_mesh_that_cannot_be_entered_is_no_reason_to_have_no_walls) {
  plan::Intent wanted = intent();
  wanted.mesh = plan::MeshHost{Vni{4096}, ip("10.0.0.3")};
  wanted.mesh_ports[{IPPROTO_TCP, std::nullopt, 8080}] = {Vni{4096}, ip("10.0.0.5"), 80};
  auto replaced = firewall_->replace(wanted);
  ASSERT_TRUE(replaced.ok()) << replaced.error().text();
  EXPECT_EQ(firewall_->fingerprint().value(), plan::firewall_fingerprint(wanted));
  const std::string rules = sh("nft list ruleset");
  EXPECT_NE(rules.find("table inet skein"), std::string::npos);
  EXPECT_EQ(rules.find("8080"), std::string::npos) << "or the host's own programs would not be reached at this port";
}

TEST_F(Walls, containers_leave_under_the_hosts_address_and_get_their_answers) {
  UdpSocket container(ns('a'), ip("10.0.1.5"), 1000), outside(outside_, ip("192.0.2.2"), 53);
  ASSERT_TRUE(container.send(ip("192.0.2.2"), 53, "question"));
  auto question = outside.receive();
  ASSERT_TRUE(question);
  EXPECT_EQ(question->source, ip("192.0.2.1"));
  ASSERT_TRUE(outside.send(question->source, question->port, "answer"));
  auto answer = container.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->source, ip("192.0.2.2"));
}

// In each of these the second datagram, which may pass, shows that the first had its time and did not arrive.
TEST_F(Walls, no_container_reaches_another_network_through_the_host) {
  UdpSocket a(ns('a'), ip("10.0.1.5"), 80), c(ns('c'), ip("10.0.2.5"), 1000);
  ASSERT_TRUE(c.send(ip("10.0.1.5"), 80, "around the wall"));
  ASSERT_TRUE(c.send(ip("192.0.2.1"), 8000, "by the door"));
  EXPECT_EQ(a.receive()->message, "by the door");
}

TEST_F(Walls, from_outside_only_published_ports_can_be_reached_and_the_clients_address_is_kept) {
  sh_in(outside_, "ip route add 10.0.0.0/8 via 192.0.2.1");
  UdpSocket a(ns('a'), ip("10.0.1.5"), 80), outside(outside_, ip("192.0.2.2"), 1000);
  ASSERT_TRUE(outside.send(ip("10.0.1.5"), 80, "around the wall"));
  ASSERT_TRUE(outside.send(ip("192.0.2.1"), 8000, "by the door"));
  auto received = a.receive();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->message, "by the door");
  EXPECT_EQ(received->source, ip("192.0.2.2"));
  ASSERT_TRUE(a.send(received->source, received->port, "answer"));
  auto answer = outside.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->source, ip("192.0.2.1"));
  EXPECT_EQ(answer->port, 8000);
}

// The answer must not depend on the container's default route: it may lead elsewhere, or not exist.
TEST_F(Walls, the_host_reaches_its_own_published_ports_even_if_the_container_has_no_way_out) {
  sh_in(ns('a'), "ip route del default");
  UdpSocket a(ns('a'), ip("10.0.1.5"), 80), host(here(), ip("0.0.0.0"), 1000);
  ASSERT_TRUE(host.send(ip("192.0.2.1"), 8000, "question"));
  auto question = a.receive();
  ASSERT_TRUE(question);
  EXPECT_EQ(question->source, ip("10.0.1.1"));
  ASSERT_TRUE(a.send(question->source, question->port, "answer"));
  EXPECT_EQ(host.receive()->message, "answer");
}

TEST_F(Walls, published_ports_work_on_localhost) {
  UdpSocket c(ns('c'), ip("10.0.2.5"), 80), host(here(), ip("127.0.0.1"), 1000);
  ASSERT_TRUE(host.send(ip("127.0.0.1"), 8001, "question"));
  auto question = c.receive();
  ASSERT_TRUE(question);
  ASSERT_TRUE(c.send(question->source, question->port, "answer"));
  auto answer = host.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->source, ip("127.0.0.1"));
  EXPECT_EQ(answer->port, 8001);
}

TEST_F(Walls, a_port_published_on_one_address_is_closed_on_the_others) {
  UdpSocket c(ns('c'), ip("10.0.2.5"), 80), host(here(), ip("0.0.0.0"), 1000);
  ASSERT_TRUE(host.send(ip("192.0.2.1"), 8001, "elsewhere"));
  ASSERT_TRUE(host.send(ip("127.0.0.1"), 8001, "here"));
  EXPECT_EQ(c.receive()->message, "here");
}

TEST_F(Walls, a_container_reaches_its_own_published_port) {
  UdpSocket server(ns('a'), ip("10.0.1.5"), 80), client(ns('a'), ip("10.0.1.5"), 1000);
  ASSERT_TRUE(client.send(ip("192.0.2.1"), 8000, "question"));
  auto question = server.receive();
  ASSERT_TRUE(question);
  EXPECT_EQ(question->source, ip("10.0.1.1"));
  ASSERT_TRUE(server.send(question->source, question->port, "answer"));
  EXPECT_EQ(client.receive()->source, ip("192.0.2.1"));
}

TEST_F(Walls, the_host_is_refused_at_ports_that_are_not_published) {
  UdpSocket host(here(), ip("0.0.0.0"), 1000);
  EXPECT_FALSE(host.send(ip("10.0.1.5"), 80, "around the wall"));
}

// Host ends take 127.0.0.0/8, for the sake of published ports: services that listen on localhost must stay private.
TEST_F(Walls, containers_do_not_reach_services_on_the_hosts_loopback) {
  sh_in(ns('a'), "ip addr del 127.0.0.1/8 dev lo");
  sh_in(ns('a'), "ip route add 127.0.0.1 via 10.0.1.1");
  sh_in(ns('a'), "sysctl -qw net.ipv4.conf.all.route_localnet=1");
  UdpSocket service(here(), ip("0.0.0.0"), 631), container(ns('a'), ip("10.0.1.5"), 1000);
  container.send(ip("127.0.0.1"), 631, "to loopback");
  ASSERT_TRUE(container.send(ip("192.0.2.1"), 631, "to the host"));
  EXPECT_EQ(service.receive()->message, "to the host");
}

TEST_F(Walls, an_internal_network_reaches_neither_the_host_nor_the_outside) {
  UdpSocket d(ns('d'), ip("10.0.3.5"), 1000), a(ns('a'), ip("10.0.1.5"), 1000);
  UdpSocket service(here(), ip("0.0.0.0"), 631), outside(outside_, ip("192.0.2.2"), 53);
  d.send(ip("192.0.2.1"), 631, "internal");
  d.send(ip("192.0.2.2"), 53, "internal");
  ASSERT_TRUE(a.send(ip("192.0.2.1"), 631, "external"));
  ASSERT_TRUE(a.send(ip("192.0.2.2"), 53, "external"));
  EXPECT_EQ(service.receive()->message, "external");
  EXPECT_EQ(outside.receive()->message, "external");
}

TEST_F(Walls, replacing_the_rules_keeps_connections_that_are_translated) {
  UdpSocket a(ns('a'), ip("10.0.1.5"), 80), outside(outside_, ip("192.0.2.2"), 1000);
  ASSERT_TRUE(outside.send(ip("192.0.2.1"), 8000, "question"));
  auto question = a.receive();
  ASSERT_TRUE(question);
  view_.ports.clear();
  ASSERT_TRUE(firewall_->replace(intent()).ok());
  ASSERT_TRUE(a.send(question->source, question->port, "answer"));
  EXPECT_EQ(outside.receive()->port, 8000);
}

TEST_F(Walls, the_rules_in_force_are_recognized_by_a_later_process) {
  EXPECT_EQ(firewall_->fingerprint().value(), plan::firewall_fingerprint(intent()));
  Firewall later = Firewall::open().value();
  EXPECT_EQ(later.fingerprint().value(), plan::firewall_fingerprint(intent()));
  view_.ports.clear();
  EXPECT_NE(later.fingerprint().value(), plan::firewall_fingerprint(intent()));
}

TEST_F(Walls, other_tables_are_left_alone_and_their_changes_do_not_count) {
  sh("nft add table ip other && nft add chain ip other input");
  ASSERT_TRUE(firewall_->replace(intent()).ok());
  sh("nft add rule ip other input accept");
  EXPECT_EQ(firewall_->fingerprint().value(), plan::firewall_fingerprint(intent()));
  ASSERT_TRUE(firewall_->remove().ok());
  EXPECT_EQ(sh("nft list tables"), "table ip other\n");
}

// Rules keep their handles where they are not made anew.
TEST_F(Walls, ports_that_come_and_go_cost_their_elements_alone) {
  view_.mesh = plan::MeshHost{Vni{4096}, ip("10.0.0.3")};
  sh("ip link add skein-mesh type veth peer name skein-mesh-in");
  ASSERT_TRUE(firewall_->replace(intent()).ok());
  auto handles = [] { return sh("nft -a -t list ruleset | grep -v fingerprint_"); };
  auto words = [] { return sh("nft list ruleset | tr -s ' ,' '\\n' | sort"); };
  const std::string before = handles();
  SeededRandom random(11);
  plan::Intent wanted;
  for (int round = 0; round < 5; ++round) {
    wanted = intent();
    wanted.ports.clear();
    for (uint16_t port = 8000; port < 8010; ++port) {
      const auto protocol = static_cast<uint8_t>(random.below(2) ? IPPROTO_TCP : kUdp);
      const IpAddress address = random.below(2) ? IpAddress::from(Ipv4{}) : IpAddress::from(ip("127.0.0.1"));
      const IpAddress address6 = IpAddress::parse(random.below(2) ? "::" : "::1").value();
      const Ipv4 container = ip(random.below(2) ? "10.0.1.5" : "10.0.2.5");
      if (random.below(2)) wanted.ports.insert({protocol, address, port, container, 80});
      if (random.below(2)) wanted.mesh_ports[{protocol, address6, port}] = {Vni{4097}, container, 80, true};
      if (random.below(2)) wanted.mesh_ports[{protocol, std::nullopt, port}] = {Vni{4096}, ip("10.0.0.5"), 80};
    }
    ASSERT_TRUE(firewall_->replace(wanted).ok());
    EXPECT_EQ(handles(), before);
    EXPECT_EQ(*firewall_->fingerprint(), plan::firewall_fingerprint(wanted));
    EXPECT_EQ(Firewall::open()->fingerprint().value(), plan::firewall_fingerprint(wanted)) << "for a later process";
  }
  const std::string changed = words();
  ASSERT_TRUE(Firewall::open()->replace(wanted).ok());
  EXPECT_NE(handles(), before);
  EXPECT_EQ(words(), changed) << "as if made anew";
}

TEST_F(Walls, an_element_that_somebody_took_away_is_put_back) {
  for (bool is_changed_before : {false, true}) {
    plan::Intent wanted = intent();
    if (is_changed_before) wanted.ports.insert({IPPROTO_TCP, {}, 9000, ip("10.0.1.5"), 80});
    ASSERT_TRUE(firewall_->replace(wanted).ok());
    sh("nft flush map inet skein published");
    EXPECT_EQ(*firewall_->fingerprint(), "");
    wanted.ports.insert({IPPROTO_TCP, {}, 9001, ip("10.0.1.5"), 80});
    ASSERT_TRUE(firewall_->replace(wanted).ok());
    EXPECT_NE(sh("nft list map inet skein published").find("8000"), std::string::npos);
    EXPECT_EQ(*firewall_->fingerprint(), plan::firewall_fingerprint(wanted));
  }
}

// A device of the mesh that was made anew has another number.
TEST_F(Walls, rules_that_name_a_device_follow_it) {
  view_.mesh = plan::MeshHost{Vni{4096}, ip("10.0.0.3")};
  sh("ip link add skein-mesh type veth peer name skein-mesh-in");
  ASSERT_TRUE(firewall_->replace(intent()).ok());
  sh("ip link del skein-mesh && ip link add skein-mesh type veth peer name skein-mesh-in");
  ASSERT_TRUE(firewall_->replace(intent()).ok());
  EXPECT_NE(sh("nft list table ip skein").find("\"skein-mesh\""), std::string::npos);
}

TEST_F(Walls, rules_that_somebody_altered_or_flushed_are_noticed) {
  sh("nft flush chain inet skein forward");
  EXPECT_EQ(firewall_->fingerprint().value(), "");
  ASSERT_TRUE(firewall_->replace(intent()).ok());
  EXPECT_EQ(firewall_->fingerprint().value(), plan::firewall_fingerprint(intent()));
  sh("nft flush ruleset");
  EXPECT_EQ(firewall_->fingerprint().value(), "");
}

TEST_F(Walls, rules_for_nothing_are_valid_too) {
  auto replaced = firewall_->replace({});
  EXPECT_TRUE(replaced.ok()) << replaced.error().text();
}

// Whoever changes rules between our own change and our look at it must not pass for us.
TEST_F(Walls, what_others_change_at_the_same_moment_is_in_doubt_until_it_is_made_anew) {
  view_.mesh = plan::MeshHost{Vni{4096}, ip("10.0.0.3")};
  sh("ip link add skein-mesh type veth peer name skein-mesh-in");
  std::atomic<bool> goes_on = true;
  const std::string netns = "/proc/" + std::to_string(gettid()) + "/ns/net";
  std::thread other([&] {
    while (goes_on) sh_in(netns, "nft 'table ip skein; delete table ip skein'");
  });
  int refused = 0;
  for (int i = 0; i < 50; ++i) {
    const bool is_certain = firewall_->replace(intent()).ok();
    refused += !is_certain;
    EXPECT_TRUE(is_certain || *firewall_->fingerprint() == "");
  }
  goes_on = false;
  other.join();
  EXPECT_GT(refused, 0) << "or this test tries nothing";
  const bool is_whole = sh("nft list tables").find("table ip skein\n") != std::string::npos;
  EXPECT_TRUE(is_whole || firewall_->fingerprint()->empty());
  ASSERT_TRUE(firewall_->replace(intent()).ok());
  EXPECT_EQ(*firewall_->fingerprint(), plan::firewall_fingerprint(intent()));
}

TEST_F(Walls, it_is_seen_who_changed_tables_of_ours) {
  FirewallWatch watch = FirewallWatch::open().value();
  EXPECT_FALSE(watch.take_events());
  sh("nft add table inet mine");
  EXPECT_FALSE(watch.take_events()) << "other tables are not our business";
  view_.ports.pop_back();
  ASSERT_TRUE(firewall_->replace(intent()).ok());
  EXPECT_TRUE(watch.take_events());
  EXPECT_NE(*firewall_->fingerprint(), "") << "that was us";
  EXPECT_FALSE(watch.take_events());
  sh("nft flush ruleset");
  EXPECT_TRUE(watch.take_events());
  EXPECT_EQ(*firewall_->fingerprint(), "");
}

}  // namespace
}  // namespace skein::kernel::net
