#include "kernel/net/links/idle_vxlan.h"

#include "kernel/net/links/link.h"
#include "kernel/net/test_host.h"

namespace skein::kernel::net {
namespace {

class IdleVxlan : public TestHost {
 protected:
  void SetUp() override {
    TestHost::SetUp();
    netlink_.emplace(Netlink::open().value());
  }
  Result<void> create(uint16_t port) {
    return create_idle_vxlan(*netlink_, port, [this](uint32_t index) {
      was_down_ = sh("ip -o link show up dev skein-vxlan").empty();
      closed_ = index;
      return Result<void>();
    });
  }
  std::optional<uint16_t> observed() { return observe_idle_vxlan(*netlink_).value(); }

  std::optional<Netlink> netlink_;
  uint32_t closed_ = 0;
  bool was_down_ = false;
};

TEST_F(IdleVxlan, it_keeps_the_port_and_speaks_to_nobody) {
  EXPECT_EQ(observed(), std::nullopt);
  ASSERT_TRUE(create(4789).ok());
  EXPECT_EQ(observed(), 4789);
  std::string link = sh("ip -d link show skein-vxlan");
  for (const char* part : {"NOARP", "UP", "vxlan id 16777215", "dstport 4789", "nolearning"})
    EXPECT_NE(link.find(part), std::string::npos) << part << " is not in " << link;
  EXPECT_EQ(sh("ip addr show dev skein-vxlan | grep inet || true"), "");
  EXPECT_NE(sh("ss -Hlun"), "");
}

TEST_F(IdleVxlan, it_is_closed_before_it_goes_up) {
  ASSERT_TRUE(create(4789).ok());
  EXPECT_EQ(closed_, interface_index(*netlink_, kIdleVxlan).value());
  EXPECT_TRUE(was_down_);
}

TEST_F(IdleVxlan, it_goes_with_its_program_and_going_twice_is_no_error) {
  ASSERT_TRUE(create(4789).ok());
  uint32_t opened = 0;
  auto open = [&](uint32_t index) { return opened = index, Result<void>(); };
  ASSERT_TRUE(delete_idle_vxlan(*netlink_, open).ok());
  EXPECT_EQ(opened, closed_);
  EXPECT_EQ(observed(), std::nullopt);
  EXPECT_TRUE(delete_idle_vxlan(*netlink_, open).ok());
}

TEST_F(IdleVxlan, one_that_somebody_took_down_or_made_otherwise_is_noticed) {
  ASSERT_TRUE(create(4789).ok());
  sh("ip link set skein-vxlan down");
  EXPECT_EQ(observed(), 0);
  sh("ip link del skein-vxlan && ip link add skein-vxlan type bridge && ip link set skein-vxlan up");
  EXPECT_EQ(observed(), 0);
}

// Docker's devices, and those of administrators, may be there already.
TEST_F(IdleVxlan, it_shares_the_port_with_the_vxlan_devices_of_others) {
  sh("ip link add other type vxlan id 42 dstport 4789 && ip link set other up");
  ASSERT_TRUE(create(4789).ok());
  sh("ip link add later type vxlan id 43 dstport 4789 && ip link set later up");
}

TEST_F(IdleVxlan, a_port_that_something_else_has_is_left_to_it) {
  UdpSocket program("/proc/thread-self/ns/net", Ipv4{}, 4789);
  EXPECT_FALSE(create(4789).ok());
  EXPECT_EQ(observed(), std::nullopt);
}

}  // namespace
}  // namespace skein::kernel::net
