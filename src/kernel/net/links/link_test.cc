#include "kernel/net/links/link.h"

#include <algorithm>

#include "kernel/net/links/sysctl.h"
#include "kernel/net/test_host.h"

namespace skein::kernel::net {
namespace {

using Peer = plan::ObservedLink::Peer;

class Links : public TestHost {
 protected:
  void SetUp() override {
    TestHost::SetUp();
    netlink_.emplace(Netlink::open().value());
    container_ = make_ns("c1");
    view_.networks = {test_network(4097, "10.0.1.0/24", "10.0.1.1")};
    view_.networks[0].local = {test_endpoint('a', "10.0.1.5", container_)};
  }

  plan::LinkIntent link() { return plan::compile(view_).links.at("skaaaaaaaaaaaa"); }
  ObservedLinks observe() { return observe_links(*netlink_, plan::compile(view_).links).value(); }
  plan::ObservedLink observed() { return observe().links.at("skaaaaaaaaaaaa"); }
  void make() {
    auto created = create_link(*netlink_, link());
    ASSERT_TRUE(created.ok()) << created.error().text();
    auto settled = settle_link(*netlink_, link());
    ASSERT_TRUE(settled.ok()) << settled.error().text();
  }

  std::optional<Netlink> netlink_;
  std::string container_;
  plan::NetworkView view_;
};

TEST_F(Links, a_container_finds_its_interface_named_addressed_and_up_with_a_default_route) {
  make();
  std::string link = sh_in(container_, "ip -d link show eth0");
  EXPECT_NE(link.find("02:42:0a:00:01:05"), std::string::npos) << link;
  EXPECT_NE(link.find("mtu 1450"), std::string::npos) << link;
  EXPECT_NE(sh_in(container_, "ip -o link show up dev eth0"), "");
  std::string addresses = sh_in(container_, "ip addr show eth0");
  EXPECT_NE(addresses.find("inet 10.0.1.5/24 brd 10.0.1.255"), std::string::npos) << addresses;
  EXPECT_EQ(addresses.find("inet6"), std::string::npos) << addresses;
  std::string routes = sh_in(container_, "ip route");
  EXPECT_NE(routes.find("default via 10.0.1.1 dev eth0"), std::string::npos) << routes;
}

TEST_F(Links, the_host_reaches_the_container_by_a_host_route_and_a_permanent_neighbour) {
  make();
  EXPECT_NE(sh("ip route show 10.0.1.5").find("dev skaaaaaaaaaaaa"), std::string::npos);
  EXPECT_NE(sh("ip neigh show dev skaaaaaaaaaaaa").find("10.0.1.5 lladdr 02:42:0a:00:01:05 PERMANENT"),
            std::string::npos);
  EXPECT_EQ(sh("ip -6 addr show dev skaaaaaaaaaaaa"), "");
  EXPECT_EQ(read_sysctl("net/ipv4/conf/skaaaaaaaaaaaa/route_localnet").value(), "1");
  EXPECT_EQ(read_sysctl("net/ipv4/conf/skaaaaaaaaaaaa/forwarding").value(), "1");
}

TEST_F(Links, ipv6_is_off_on_the_link_and_stays_as_it_was_for_other_interfaces_of_the_container) {
  make();
  EXPECT_EQ(sh_in(container_, "sysctl -n net.ipv6.conf.eth0.disable_ipv6"), "1\n");
  sh_in(container_, "ip link add other type bridge");
  EXPECT_EQ(sh_in(container_, "sysctl -n net.ipv6.conf.other.disable_ipv6"), "0\n");
  EXPECT_NE(sh("ip -d link show skaaaaaaaaaaaa").find("addrgenmode none"), std::string::npos);
}

TEST_F(Links, what_was_made_is_observed_as_the_plan_wants_it) {
  make();
  plan::ObservedLink seen = observed();
  EXPECT_EQ(seen.record, plan::link_record(link()));
  EXPECT_EQ(seen.peer, Peer::kInPlace);
  EXPECT_EQ(seen.mtu_bytes, 1450u);
  EXPECT_TRUE(seen.is_settled);
  EXPECT_EQ(seen.neighbours, (std::map<Ipv4, Mac>{{ip("10.0.1.5"), Mac::from_ipv4(ip("10.0.1.5"))}}));
  EXPECT_EQ(observe().routes, (std::map<Ipv4, std::string>{{ip("10.0.1.5"), "skaaaaaaaaaaaa"}}));
}

TEST_F(Links, settling_again_changes_nothing) {
  make();
  plan::ObservedLink before = observed();
  std::string routes = sh("ip route; ip neigh");
  ASSERT_TRUE(settle_link(*netlink_, link()).ok());
  EXPECT_EQ(observed(), before);
  EXPECT_EQ(sh("ip route; ip neigh"), routes);
}

TEST_F(Links, a_link_is_known_as_half_made_until_it_is_settled) {
  ASSERT_TRUE(create_link(*netlink_, link()).ok());
  EXPECT_EQ(observed().record, "");
  EXPECT_FALSE(observed().is_settled);
}

TEST_F(Links, a_setting_that_somebody_changed_is_noticed) {
  make();
  ASSERT_TRUE(write_sysctl("net/ipv4/conf/skaaaaaaaaaaaa/route_localnet", "0").ok());
  EXPECT_FALSE(observed().is_settled);
  ASSERT_TRUE(settle_link(*netlink_, link()).ok());
  EXPECT_TRUE(observed().is_settled);
}

TEST_F(Links, a_namespace_that_was_made_anew_under_the_same_name_does_not_have_the_link) {
  make();
  sh("touch " + directory_ + "/kept && mount --bind " + container_ + " " + directory_ + "/kept");
  ASSERT_TRUE(delete_namespace(namespaces_, "c1").ok());
  EXPECT_EQ(observed().peer, Peer::kUnknown);
  make_ns("c1");
  EXPECT_EQ(observed().peer, Peer::kElsewhere);
}

TEST_F(Links, both_ends_go_and_going_twice_is_no_error) {
  make();
  ASSERT_TRUE(delete_link(*netlink_, "skaaaaaaaaaaaa").ok());
  EXPECT_TRUE(delete_link(*netlink_, "skaaaaaaaaaaaa").ok());
  EXPECT_TRUE(observe().links.empty());
  EXPECT_TRUE(observe().routes.empty());
  EXPECT_EQ(sh_in(container_, "ip -o link | wc -l"), "1\n");
}

TEST_F(Links, a_failure_inside_the_container_leaves_nothing_behind) {
  sh_in(container_, "ip link add eth0 type bridge");
  auto created = create_link(*netlink_, link());
  EXPECT_EQ(created.error().code, Code::kAlreadyExists) << created.error().text();
  EXPECT_TRUE(observe().links.empty());
  view_.networks[0].local[0].netns_path = namespaces_ + "/nowhere";
  EXPECT_EQ(create_link(*netlink_, link()).error().code, Code::kNotFound);
  EXPECT_TRUE(observe().links.empty());
}

TEST_F(Links, mtu_changes_on_both_ends) {
  make();
  view_.networks[0].underlay_mtu_bytes = 1400;
  ASSERT_TRUE(set_link_mtu(*netlink_, link()).ok());
  EXPECT_EQ(observed().mtu_bytes, 1350u);
  EXPECT_NE(sh_in(container_, "ip link show eth0").find("mtu 1350"), std::string::npos);
}

// `network connect` on a running container: a second interface, and the default route may move to it.
TEST_F(Links, a_second_network_brings_a_second_interface_and_can_take_over_the_default_route) {
  make();
  view_.networks.push_back(test_network(4098, "10.0.2.0/24", "10.0.2.1"));
  view_.networks[1].local = {test_endpoint('b', "10.0.2.7", container_)};
  view_.networks[1].local[0].interface_name = "eth1";
  view_.networks[0].local[0].has_default_route = false;
  plan::LinkIntent second = plan::compile(view_).links.at("skbbbbbbbbbbbb");
  ASSERT_TRUE(create_link(*netlink_, second).ok());
  ASSERT_TRUE(settle_link(*netlink_, second).ok());
  ASSERT_TRUE(set_default_route(*netlink_, link()).ok());
  // The only one; the kernel may add that the link is just coming up.
  std::string routes = sh_in(container_, "ip route show default");
  EXPECT_TRUE(routes.starts_with("default via 10.0.2.1 dev eth1 proto static onlink ")) << routes;
  EXPECT_EQ(std::count(routes.begin(), routes.end(), '\n'), 1) << routes;
  EXPECT_EQ(observed().record, plan::link_record(link()));
}

TEST_F(Links, other_interfaces_are_not_ours_whatever_their_name) {
  sh("ip link add skother type veth peer name x");
  sh("ip link add skbridge type bridge");
  EXPECT_TRUE(observe().links.empty());
}

TEST_F(Links, a_host_route_is_removed_and_its_absence_is_no_error) {
  make();
  ASSERT_TRUE(delete_host_route(*netlink_, ip("10.0.1.5"), "skaaaaaaaaaaaa").ok());
  EXPECT_EQ(sh("ip route show 10.0.1.5"), "");
  EXPECT_TRUE(delete_host_route(*netlink_, ip("10.0.1.5"), "skaaaaaaaaaaaa").ok());
  EXPECT_TRUE(delete_host_route(*netlink_, ip("10.0.1.5"), "skbbbbbbbbbbbb").ok());
}

}  // namespace
}  // namespace skein::kernel::net
