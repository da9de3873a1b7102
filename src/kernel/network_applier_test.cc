#include "kernel/network_applier.h"

#include "kernel/net/links/link.h"
#include "kernel/net/test_host.h"
#include "plan/merge.h"

namespace skein::kernel {
namespace {

using net::UdpSocket;

// One host with the real data path: containers a and b on one network, and a host of the swarm that does not answer.
class Applier : public net::TestHost {
 protected:
  void SetUp() override {
    TestHost::SetUp();
    make_outside();
    start();
    view_.data_path_address = ip("192.0.2.1");
    plan::HostPath path;
    path.interface_index = interface("up0");
    path.source = ip("192.0.2.1");
    path.next_hop_mac = Mac::parse("02:00:00:00:00:02").value();
    view_.hosts = {{ip("192.0.2.2"), path}, {ip("198.51.100.7"), {}}};  // there is no route to the second one now
    view_.networks = {net::test_network(4097, "10.0.1.0/24", "10.0.1.1")};
    view_.networks[0].local = {net::test_endpoint('a', "10.0.1.5", make_ns("a")),
                               net::test_endpoint('b', "10.0.1.6", make_ns("b"))};
    view_.networks[0].remote = {{ip("10.0.1.9"), Mac::from_ipv4(ip("10.0.1.9")), ip("192.0.2.2")}};
    view_.ports = {
        {.protocol = IPPROTO_UDP, .host_port = 8000, .container_address = ip("10.0.1.5"), .container_port = 80}};
  }

  // As a daemon does, at first and after every restart.
  void start() {
    applier_.reset();
    data_path_.reset();
    data_path_.emplace(DataPath::open({.pin_directory = directory_ + "/bpf/skein"}).value());
    applier_.emplace(NetworkApplier::open(*data_path_).value());
  }

  void apply() {
    auto failures = applier_->apply(plan::compile(view_));
    ASSERT_TRUE(failures.empty()) << failures.summary().text();
  }

  std::vector<std::string> pending() {
    plan::Changes changes = applier_->pending(plan::compile(view_)).value();
    std::vector<std::string> lines;
    for (const plan::Operation& operation : changes.operations) lines.push_back(plan::text(operation));
    return lines;
  }

  static uint32_t interface(const std::string& name) {
    net::Netlink netlink = net::Netlink::open().value();
    return net::interface_index(netlink, name).value();
  }
  std::string ns(char key) { return namespaces_ + "/" + key; }

  // One question and answer between containers through the data path.
  bool talk(char from, const char* source, char to, const char* target) {
    UdpSocket client(ns(from), ip(source), 1000), server(ns(to), ip(target), 80);
    if (!client.send(ip(target), 80, "question")) return false;
    auto question = server.receive();
    return question && server.send(question->source, question->port, "answer") && client.receive();
  }

  std::optional<DataPath> data_path_;
  std::optional<NetworkApplier> applier_;
  plan::NetworkView view_;
};

TEST_F(Applier, after_one_pass_containers_talk_and_nothing_is_left_to_do) {
  apply();
  EXPECT_EQ(pending(), std::vector<std::string>{});
  EXPECT_TRUE(talk('a', "10.0.1.5", 'b', "10.0.1.6"));
}

TEST_F(Applier, what_is_known_to_be_held_is_not_read_back) {
  apply();
  const plan::Intent held = plan::compile(view_);
  const plan::EndpointKey lost{Vni{4097}, ip("10.0.1.9")};
  ASSERT_TRUE(data_path_->set_endpoints({}, {lost}).ok());
  view_.networks[0].remote.push_back({ip("10.0.1.10"), Mac::from_ipv4(ip("10.0.1.10")), ip("192.0.2.2")});
  ASSERT_TRUE(applier_->apply_since(plan::compile(view_), held).empty());
  auto endpoints = data_path_->observe().value().endpoints;
  EXPECT_TRUE(endpoints.contains({Vni{4097}, ip("10.0.1.10")})) << "the difference is written";
  EXPECT_FALSE(endpoints.contains(lost)) << "and nothing else is looked at";
  apply();
  EXPECT_TRUE(data_path_->observe().value().endpoints.contains(lost)) << "until the kernel is read back";
  EXPECT_EQ(pending(), std::vector<std::string>{});
}

// Its namespace has taken the link along, or only our memory of it is gone: then it stays.
TEST_F(Applier, a_link_of_which_nothing_is_known_is_made_if_it_is_not_there) {
  apply();
  plan::Intent held = plan::compile(view_);
  const std::string name = held.links.begin()->first;
  const uint32_t index = net::interface_index(net::Netlink::open().value(), name).value();
  plan::forget_links(held, {held.links.begin()->second.endpoint.id});
  ASSERT_TRUE(applier_->apply_since(plan::compile(view_), held).empty());
  EXPECT_EQ(net::interface_index(net::Netlink::open().value(), name).value(), index);
  auto netlink = net::Netlink::open().value();
  ASSERT_TRUE(net::delete_link(netlink, name).ok());
  ASSERT_TRUE(applier_->apply_since(plan::compile(view_), held).empty());
  EXPECT_EQ(pending(), std::vector<std::string>{});
  EXPECT_TRUE(talk('a', "10.0.1.5", 'b', "10.0.1.6"));
}

TEST_F(Applier, links_come_and_go_where_tables_are_known) {
  apply();
  plan::Intent held = plan::compile(view_);
  view_.networks[0].local[1] = net::test_endpoint('c', "10.0.1.7", make_ns("c"));
  view_.networks[0].remote.clear();
  ASSERT_TRUE(applier_->apply_since(plan::compile(view_), held).empty());
  EXPECT_EQ(pending(), std::vector<std::string>{});
  EXPECT_TRUE(talk('a', "10.0.1.5", 'c', "10.0.1.7"));
}

TEST_F(Applier, containers_get_out_through_their_gateway_and_ports_in_from_localhost) {
  apply();
  UdpSocket container(ns('a'), ip("10.0.1.5"), 80), outside(namespaces_ + "/outside", ip("192.0.2.2"), 53);
  ASSERT_TRUE(container.send(ip("192.0.2.2"), 53, "question"));
  auto question = outside.receive();
  ASSERT_TRUE(question);
  EXPECT_EQ(question->source, ip("192.0.2.1"));
  ASSERT_TRUE(outside.send(question->source, question->port, "answer"));
  EXPECT_TRUE(container.receive());

  UdpSocket host("/proc/thread-self/ns/net", ip("127.0.0.1"), 1000);
  ASSERT_TRUE(host.send(ip("127.0.0.1"), 8000, "question"));
  question = container.receive();
  ASSERT_TRUE(question);
  ASSERT_TRUE(container.send(question->source, question->port, "answer"));
  EXPECT_EQ(host.receive()->port, 8000);
}

// Killing or upgrading the daemon must cost no packet: what runs is recognized, not remade.
TEST_F(Applier, a_restarted_daemon_finds_everything_in_order) {
  apply();
  uint32_t index = interface("skaaaaaaaaaaaa");
  start();
  EXPECT_EQ(pending(), std::vector<std::string>{});
  apply();
  EXPECT_EQ(interface("skaaaaaaaaaaaa"), index);
  EXPECT_TRUE(talk('a', "10.0.1.5", 'b', "10.0.1.6"));
}

TEST_F(Applier, a_container_that_left_while_the_daemon_was_away_is_cleared_up) {
  apply();
  view_.networks[0].local.pop_back();
  start();
  apply();
  EXPECT_EQ(sh("ip -o link show type veth | grep -c sk"), "1\n");
  EXPECT_EQ(pending(), std::vector<std::string>{});
}

// The kernel deletes a link with the namespace of its container.
TEST_F(Applier, a_link_that_vanished_is_made_anew_and_its_entries_follow) {
  apply();
  sh("ip link del skbbbbbbbbbbbb");
  apply();
  EXPECT_EQ(pending(), std::vector<std::string>{});
  EXPECT_TRUE(talk('a', "10.0.1.5", 'b', "10.0.1.6"));
}

TEST_F(Applier, one_container_that_cannot_be_connected_does_not_keep_the_others_from_it) {
  view_.networks[0].local.insert(view_.networks[0].local.begin(),
                                 net::test_endpoint('0', "10.0.1.7", namespaces_ + "/gone"));
  auto failures = applier_->apply(plan::compile(view_));
  const std::string told = failures.summary().text();
  EXPECT_NE(told.find("sk000000000000 for 10.0.1.7"), std::string::npos) << told;
  ASSERT_EQ(failures.endpoints.size(), 1u);
  EXPECT_EQ(failures.endpoints.at(std::string(64, '0')).code, Code::kNotFound);
  EXPECT_FALSE(failures.host) << "whoever starts another container has no reason to fail";
  EXPECT_TRUE(talk('a', "10.0.1.5", 'b', "10.0.1.6"));

  make_ns("gone");
  apply();
  EXPECT_EQ(pending(), std::vector<std::string>{});
}

// `network connect` and `disconnect` on a running container.
TEST_F(Applier, a_running_container_joins_and_leaves_a_second_network) {
  apply();
  uint32_t index = interface("skaaaaaaaaaaaa");
  view_.networks.push_back(net::test_network(4098, "10.0.2.0/24", "10.0.2.1"));
  plan::LocalEndpoint second = net::test_endpoint('c', "10.0.2.5", ns('a'));
  second.interface_name = "eth1";
  second.has_default_route = false;
  view_.networks[1].local = {second};
  apply();
  EXPECT_NE(sh_in(ns('a'), "ip addr show eth1").find("10.0.2.5/24"), std::string::npos);
  EXPECT_TRUE(talk('a', "10.0.1.5", 'b', "10.0.1.6"));
  view_.networks.pop_back();
  apply();
  EXPECT_EQ(sh_in(ns('a'), "ip -o link | wc -l"), "2\n");
  EXPECT_EQ(interface("skaaaaaaaaaaaa"), index);
  EXPECT_EQ(pending(), std::vector<std::string>{});
}

// From the view of the host to an answer from the virtual address.
TEST_F(Applier, a_service_is_reached_at_its_virtual_address) {
  plan::VirtualService service{
      ip("10.0.1.100"), plan::Balance::kLeastConnections, {{ip("10.0.1.6")}, {ip("10.0.1.9")}}};
  service.backends[1].is_draining = true;
  view_.networks[0].services = {service};
  apply();
  EXPECT_EQ(pending(), std::vector<std::string>{});
  UdpSocket client(ns('a'), ip("10.0.1.5"), 1000), server(ns('b'), ip("10.0.1.6"), 80);
  ASSERT_TRUE(client.send(ip("10.0.1.100"), 80, "question"));
  auto question = server.receive();
  ASSERT_TRUE(question);
  EXPECT_EQ(question->source, ip("10.0.1.5"));
  start();
  EXPECT_EQ(pending(), std::vector<std::string>{});
  ASSERT_TRUE(server.send(ip("10.0.1.5"), 1000, "answer"));
  auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->source, ip("10.0.1.100"));

  view_.networks[0].services.clear();
  apply();
  EXPECT_EQ(pending(), std::vector<std::string>{});
}

TEST_F(Applier, a_smaller_underlay_is_passed_on_to_the_containers) {
  apply();
  view_.hosts.begin()->second.mtu_bytes = 1400;
  apply();
  EXPECT_NE(sh_in(ns('a'), "ip link show eth0").find("mtu 1350"), std::string::npos);
  EXPECT_EQ(pending(), std::vector<std::string>{});
}

TEST_F(Applier, what_an_administrator_undid_is_put_right) {
  apply();
  sh("nft flush ruleset && ip route del 10.0.1.5 && ip link set skbbbbbbbbbbbb down && sysctl -qw "
     "net.ipv4.ip_forward=0");
  EXPECT_FALSE(pending().empty());
  apply();
  EXPECT_EQ(pending(), std::vector<std::string>{});
  EXPECT_TRUE(talk('a', "10.0.1.5", 'b', "10.0.1.6"));
}

// Somebody who sends tunnel packets of no network of ours must not reach the host by them.
TEST_F(Applier, the_idle_vxlan_device_drops_what_reaches_it) {
  apply();
  sh("ip addr add 10.9.9.1/24 dev lo");
  std::string outside = namespaces_ + "/outside";
  sh_in(outside, "ip link add vx0 type vxlan id 16777215 dstport 4789 remote 192.0.2.1 local 192.0.2.2");
  std::string mac = sh("ip -br link show skein-vxlan | awk '{print $3}'");
  sh_in(outside, "ip addr add 10.9.9.2/24 dev vx0");
  sh_in(outside, "ip link set vx0 up");
  sh_in(outside, "ip neigh add 10.9.9.1 dev vx0 lladdr " + mac.substr(0, 17));
  sh_in(outside, "sh -c '! ping -q -c 2 -i 0.01 -W 0.3 10.9.9.1'");
  EXPECT_GE(data_path_->counters().value().at("drop_unconfigured"), 2u);
}

TEST_F(Applier, a_port_that_cannot_be_held_is_no_reason_not_to_work) {
  UdpSocket other("/proc/thread-self/ns/net", Ipv4{}, 4789);
  apply();
  apply();
  EXPECT_EQ(sh("ip link show skein-vxlan 2>/dev/null || true"), "");
  EXPECT_TRUE(talk('a', "10.0.1.5", 'b', "10.0.1.6"));
}

TEST_F(Applier, an_empty_intent_leaves_no_link_and_no_way) {
  apply();
  view_ = {};
  apply();
  EXPECT_EQ(sh("ip -o link show type veth | grep -c sk || true"), "0\n");
  EXPECT_EQ(sh("ip -o link show type vxlan"), "");
  EXPECT_EQ(pending(), std::vector<std::string>{});
}

}  // namespace
}  // namespace skein::kernel
