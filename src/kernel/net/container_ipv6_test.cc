// IPv6 of a container on the ingress network: what is inside, and who gets none.
#include "kernel/net/container_ipv6.h"

#include "kernel/net/links/link.h"
#include "kernel/net/test_host.h"

namespace skein::kernel::net {
namespace {

class ContainerIpv6 : public TestHost {
 protected:
  void SetUp() override {
    TestHost::SetUp();
    container_ = make_ns("a");
    netlink_.emplace(Netlink::open().value());
    link_.host_interface = "skaaaaaaaaaaaa";
    link_.endpoint = test_endpoint('a', "10.0.1.5", container_);
    link_.gateway = ip("10.0.1.1");
    link_.takes_ipv6 = true;
  }
  void make() {
    ASSERT_TRUE(create_link(*netlink_, link_).ok());
    ASSERT_TRUE(settle_link(*netlink_, link_).ok());
  }
  std::string seen(const std::string& what) { return sh_in(container_, what); }

  std::string container_;
  std::optional<Netlink> netlink_;
  plan::LinkIntent link_;
};

TEST_F(ContainerIpv6, it_has_one_address_and_a_way_for_answers_and_asks_nobody) {
  make();
  for (int pass = 0; pass < 2; ++pass) {
    Result<int32_t> given = give_ipv6(*netlink_, link_);
    ASSERT_TRUE(given.ok()) << given.error().text();
    EXPECT_NE(sh("ip -d link show skaaaaaaaaaaaa").find("link-netnsid " + std::to_string(*given)), std::string::npos);
    std::string addresses = seen("ip -6 -o addr show dev eth0");
    EXPECT_NE(addresses.find("fd73:6b65:696e:1::a00:105/128"), std::string::npos) << addresses;
    EXPECT_EQ(addresses.find("tentative"), std::string::npos) << addresses;
    EXPECT_EQ(addresses.find("fe80"), std::string::npos) << addresses;
    EXPECT_EQ(seen("ip -6 route show default").find("default via fe80::1 dev eth0"), 0u);
    std::string neighbours = seen("ip -6 neigh show dev eth0");
    EXPECT_NE(neighbours.find("fe80::1 lladdr " + Mac::from_ipv4(link_.gateway).text() + " PERMANENT"),
              std::string::npos)
        << neighbours;
    EXPECT_EQ(seen("sysctl -n net.ipv6.conf.eth0.accept_ra"), "0\n");
  }
}

TEST_F(ContainerIpv6, a_container_that_has_it_off_keeps_it_off) {
  make();
  seen("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
  Result<int32_t> given = give_ipv6(*netlink_, link_);
  ASSERT_FALSE(given.ok());
  EXPECT_EQ(given.error().code, Code::kFailedPrecondition);
  EXPECT_EQ(seen("ip -6 addr show dev eth0"), "");
}

TEST_F(ContainerIpv6, a_link_that_is_too_small_gets_none) {
  link_.mtu_bytes = 1279;
  make();
  Result<int32_t> given = give_ipv6(*netlink_, link_);
  ASSERT_FALSE(given.ok());
  EXPECT_EQ(given.error().code, Code::kNotFound);
}

TEST_F(ContainerIpv6, a_namespace_that_has_no_number_gets_one) {
  std::string alone = make_ns("alone");
  Result<int32_t> first = number_namespace(*netlink_, alone), again = number_namespace(*netlink_, alone);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_GE(*first, 0);
  EXPECT_EQ(*first, *again);
  EXPECT_FALSE(number_namespace(*netlink_, namespaces_ + "/nobody").ok());
}

}  // namespace
}  // namespace skein::kernel::net
