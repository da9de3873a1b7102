#include "kernel/net/links/path_watch.h"

#include "kernel/net/links/link.h"
#include "kernel/net/test_host.h"

namespace skein::kernel::net {
namespace {

class Paths : public TestHost {
 protected:
  void SetUp() override {
    TestHost::SetUp();
    outside_ = make_outside();
    watch_.emplace(PathWatch::open().value());
    own_mac_ = Mac::parse(trimmed(sh("ip -o link show up0 | grep -o 'ether [^ ]*' | cut -d' ' -f2"))).value();
    other_mac_ =
        Mac::parse(trimmed(sh_in(outside_, "ip -o link show eth0 | grep -o 'ether [^ ]*' | cut -d' ' -f2"))).value();
  }

  static std::string trimmed(const std::string& text) { return text.substr(0, text.find('\n')); }

  plan::HostPath path(const char* target) {
    watch_->set_targets({ip(target)});
    watch_->refresh();
    return watch_->paths().at(ip(target));
  }

  // Takes events until the path is as `is_right` wants it; false if the kernel reports nothing more for some seconds.
  template <class Condition>
  bool reaches(const char* target, Condition is_right) {
    while (!is_right(watch_->paths().at(ip(target)))) {
      pollfd waiting{.fd = watch_->fd(), .events = POLLIN};
      if (poll(&waiting, 1, 5000) != 1) return false;
      if (watch_->take_events() != PathWatch::News::kNone) watch_->refresh_changed();
    }
    return true;
  }

  std::string outside_;
  Mac own_mac_, other_mac_;
  std::optional<PathWatch> watch_;
};

TEST_F(Paths, a_neighbour_on_the_link_is_resolved_by_itself) {
  plan::HostPath first = path("192.0.2.2");
  EXPECT_EQ(first.source, ip("192.0.2.1"));
  EXPECT_EQ(first.source_mac, own_mac_);
  EXPECT_EQ(first.mtu_bytes, 1500u);
  EXPECT_NE(first.interface_index, 0u);
  EXPECT_TRUE(reaches("192.0.2.2", [&](const plan::HostPath& path) { return path.next_hop_mac == other_mac_; }));
}

TEST_F(Paths, a_host_behind_a_router_is_reached_by_the_routers_mac) {
  path("198.51.100.7");
  EXPECT_TRUE(reaches("198.51.100.7", [&](const plan::HostPath& path) { return path.next_hop_mac == other_mac_; }));
}

TEST_F(Paths, mtu_is_that_of_the_route_and_follows_changes) {
  EXPECT_EQ(path("192.0.2.2").mtu_bytes, 1500u);
  sh("ip link set up0 mtu 1400");
  EXPECT_TRUE(reaches("192.0.2.2", [](const plan::HostPath& path) { return path.mtu_bytes == 1400; }));
  sh("ip route add 192.0.2.2/32 dev up0 mtu 1300");
  EXPECT_TRUE(reaches("192.0.2.2", [](const plan::HostPath& path) { return path.mtu_bytes == 1300; }));
}

TEST_F(Paths, a_target_without_a_route_has_none_until_one_appears) {
  sh("ip route del default");
  EXPECT_EQ(path("198.51.100.7").interface_index, 0u);
  sh("ip route add 198.51.100.0/24 via 192.0.2.2");
  EXPECT_TRUE(reaches("198.51.100.7", [](const plan::HostPath& path) { return path.interface_index != 0; }));
}

TEST_F(Paths, the_path_is_lost_with_its_device) {
  path("192.0.2.2");
  sh("ip link del up0");
  EXPECT_TRUE(reaches("192.0.2.2", [](const plan::HostPath& path) { return path.interface_index == 0; }));
}

TEST_F(Paths, a_next_hop_that_moves_to_another_mac_is_followed) {
  path("192.0.2.2");
  Mac moved = Mac::parse("02:00:00:00:00:99").value();
  sh("ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:99 dev up0");
  EXPECT_TRUE(reaches("192.0.2.2", [&](const plan::HostPath& path) { return path.next_hop_mac == moved; }));
}

TEST_F(Paths, an_address_of_our_own_is_no_path) { EXPECT_EQ(path("192.0.2.1").interface_index, 0u); }

TEST_F(Paths, a_device_without_link_layer_has_a_path_without_macs) {
  sh("ip tuntap add tun0 mode tun && ip addr add 203.0.113.1/24 dev tun0 && ip link set tun0 up");
  plan::HostPath through_tun = path("203.0.113.2");
  EXPECT_NE(through_tun.interface_index, 0u);
  EXPECT_EQ(through_tun.source_mac, Mac{});
  EXPECT_FALSE(through_tun.next_hop_mac);
}

TEST_F(Paths, the_comings_and_goings_of_containers_are_no_news) {
  path("192.0.2.2");
  ASSERT_TRUE(reaches("192.0.2.2", [&](const plan::HostPath& path) { return path.next_hop_mac.has_value(); }));
  watch_->take_events();
  plan::NetworkView view;
  view.networks = {test_network(4097, "10.0.1.0/24", "10.0.1.1")};
  view.networks[0].local = {test_endpoint('a', "10.0.1.5", make_ns("a"))};
  Netlink netlink = Netlink::open().value();
  for (const auto& [name, link] : plan::compile(view).links) {
    ASSERT_TRUE(create_link(netlink, link).ok());
    ASSERT_TRUE(settle_link(netlink, link).ok());
    EXPECT_EQ(watch_->take_events(), PathWatch::News::kNone);
    EXPECT_TRUE(watch_->take_removed_links().empty());
    ASSERT_TRUE(delete_link(netlink, name).ok());
    EXPECT_EQ(watch_->take_events(), PathWatch::News::kNone);
    EXPECT_EQ(watch_->take_removed_links(), std::set<std::string>{name});
    EXPECT_TRUE(watch_->take_removed_links().empty()) << "they were taken";
  }
}

TEST_F(Paths, ways_by_ipv6_concern_clients_and_no_other_host) {
  path("192.0.2.2");
  watch_->take_events();
  sh("ip link add side type veth peer name side-in && ip link set side up && ip addr add fe80::9/64 dev side nodad");
  EXPECT_LT(watch_->take_events(), PathWatch::News::kClients);
  sh("ip addr add 2001:db8::1/64 dev side nodad");
  EXPECT_EQ(watch_->take_events(), PathWatch::News::kClients);
  sh("ip route add 2001:db8:9::/48 dev side");
  EXPECT_EQ(watch_->take_events(), PathWatch::News::kClients);
}

TEST_F(Paths, a_neighbour_that_was_found_concerns_no_device) {
  path("192.0.2.2");
  ASSERT_TRUE(reaches("192.0.2.2", [&](const plan::HostPath& path) { return path.next_hop_mac.has_value(); }));
  // The kernel tells of a device's carrier when it gets round to it.
  for (int looks = 0; sh("ip -o link show up0").find("state UP") == std::string::npos; ++looks) ASSERT_LT(looks, 2000);
  watch_->take_events();
  sh("ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:99 dev up0");
  PathWatch::News news = PathWatch::News::kNone;
  while (news == PathWatch::News::kNone) {
    pollfd poll_fd{watch_->fd(), POLLIN, 0};
    ASSERT_EQ(poll(&poll_fd, 1, 5000), 1) << "no event";
    news = watch_->take_events();
  }
  EXPECT_EQ(news, PathWatch::News::kNeighbours);
}

TEST_F(Paths, a_neighbour_that_grows_stale_is_no_news_and_is_confirmed_by_a_refresh) {
  path("192.0.2.2");
  ASSERT_TRUE(reaches("192.0.2.2", [&](const plan::HostPath& path) { return path.next_hop_mac == other_mac_; }));
  for (int looks = 0; sh("ip -o link show up0").find("state UP") == std::string::npos; ++looks) ASSERT_LT(looks, 2000);
  watch_->take_events();
  sh("ip neigh change 192.0.2.2 lladdr " + other_mac_.text() + " nud stale dev up0");
  pollfd event{watch_->fd(), POLLIN, 0};
  ASSERT_EQ(poll(&event, 1, 5000), 1) << "no event";
  EXPECT_EQ(watch_->take_events(), PathWatch::News::kNone);
  ASSERT_NE(sh("ip neigh show 192.0.2.2 dev up0").find("STALE"), std::string::npos);
  EXPECT_FALSE(watch_->refresh());
  EXPECT_EQ(sh("ip neigh show 192.0.2.2 dev up0").find("STALE"), std::string::npos);
  sh("ip neigh del 192.0.2.2 dev up0");
  EXPECT_TRUE(reaches("192.0.2.2", [](const plan::HostPath& path) { return !path.next_hop_mac; }));
}

TEST_F(Paths, refreshing_without_changes_reports_none) {
  path("192.0.2.2");
  ASSERT_TRUE(reaches("192.0.2.2", [&](const plan::HostPath& path) { return path.next_hop_mac.has_value(); }));
  EXPECT_FALSE(watch_->refresh());
}

TEST_F(Paths, the_device_of_an_address_is_found) {
  EXPECT_EQ(watch_->interface_of(ip("192.0.2.1")).value(), path("192.0.2.2").interface_index);
  EXPECT_EQ(watch_->interface_of(ip("192.0.2.77")).error().code, Code::kNotFound);
}

}  // namespace
}  // namespace skein::kernel::net
