// Clients by IPv6 of a port that a container has for itself: they are asked for by the gateway's address.
#include "kernel/testing/mesh6_host.h"

namespace skein::kernel::testing {
namespace {

// Port 9090 of the host by IPv6 is red's port 80; red's network is not the ingress network.
class ContainerPort6 : public Mesh6 {
 protected:
  void SetUp() override {
    Mesh6::SetUp();
    set_backends({});
    ASSERT_TRUE(path_->set_mesh({}, index("mesh"), index("mesh-in")).ok());
    const plan::MeshTarget target{kNetwork, kRed, 80, true};
    ASSERT_TRUE(path_->set_ports({{{6, kAny6, 9090}, target}, {{17, kAny6, 9090}, target}}, {}).ok());
  }

  // As whom red knows the client that sent this to it.
  End asked_by(const Bytes& packet) {
    const Verdict begun = hands_over6(packet);
    EXPECT_EQ(begun.reason, "mesh_to_local");
    EXPECT_EQ(begun.target_interface, index("red"));
    const Bytes sent = inner(begun);
    if (sent.size() < 24) return {};
    return {Ipv4{read32(sent, 12)}, static_cast<uint16_t>(read16(sent, 20))};
  }

  static inline const IpAddress kAny6 = IpAddress::from(Ipv6{});
  static inline const End6 kOwnDoor{kDoor6.address, 9090};
  static inline const Ipv4 kGateway = ip("10.0.1.1");
};

TEST_F(ContainerPort6, is_asked_by_the_gateway_from_a_port_that_no_program_of_the_host_gets) {
  const End known = asked_by(tcp6(kClient6, kOwnDoor, kSyn));
  EXPECT_EQ(known.address, kGateway);
  EXPECT_GE(known.port, 1024);
  EXPECT_LT(known.port, 32768);
  Verdict going_on = arrives6(tcp6(kClient6, kOwnDoor, kAck, Bytes(1000, 'd')));
  EXPECT_EQ(going_on.reason, "mesh_to_local");
  expect_ipv4(inner(going_on), tcp_packet(kGateway, kRed, {known.port, 80}, kAck, Bytes(1000, 'd')));
  Verdict answer = red_answers(known);
  EXPECT_EQ(answer.reason, "mesh_to_client");
  EXPECT_EQ(answer.target_interface, index("under"));
  EXPECT_EQ(inner(answer), tcp6(kOwnDoor, kClient6, kSyn | kAck));
}

TEST_F(ContainerPort6, gets_datagrams_of_a_client_from_one_port) {
  const End known = asked_by(udp6(kClient6, kOwnDoor));
  EXPECT_EQ(asked_by(udp6(kClient6, kOwnDoor)).port, known.port);
  EXPECT_EQ(inner(verdict("red", framed(kRed, kGateway, udp4(kTarget, known)))), udp6(kOwnDoor, kClient6));
}

TEST_F(ContainerPort6, answers_the_hosts_own_programs_by_the_loopback_device) {
  const End6 program{plan::kMeshClient6, 40000}, door{plan::kMeshEntry6, 9090};
  Verdict answer = [&] { return red_answers(asked_by(tcp6(program, door, kSyn))); }();
  EXPECT_EQ(answer.target_interface, index("lo"));
  EXPECT_EQ(inner(answer), tcp6(door, program, kSyn | kAck));
}

TEST_F(ContainerPort6, leaves_all_else_to_the_gateway_to_the_host) {
  hands_over6(tcp6(kClient6, kOwnDoor, kSyn));
  EXPECT_EQ(red_answers({kGateway, 40000}).reason, "to_host");
  EXPECT_EQ(red_answers(kClient).reason, "to_host");
}

TEST_F(ContainerPort6, of_one_address_is_that_ones_and_comes_before_a_services) {
  const plan::MeshTarget target{kNetwork, kRed, 81, true}, service{kNetwork, kVip, 80};
  ASSERT_TRUE(
      path_->set_ports({{{6, IpAddress::from(kDoor6.address), 9091}, target}, {{6, {}, 9090}, service}}, {}).ok());
  EXPECT_EQ(hands_over6(tcp6(kClient6, {kDoor6.address, 9091}, kSyn)).reason, "mesh_to_local");
  EXPECT_EQ(hands_over6(tcp6(kClient6, {ip6("2001:db8::2"), 9091}, kSyn)).reason, "mesh_reset");
  EXPECT_EQ(hands_over6(tcp6(kClient6, kOwnDoor, kSyn)).reason, "mesh_to_local");
  EXPECT_EQ(hands_over(tcp4(kClient, {kHost, 9090}, kSyn)).reason, "mesh_reset")
      << "by IPv4 there is the service alone";
  std::map<plan::MeshPort, plan::MeshTarget> seen = path_->observe().value().ports;
  EXPECT_EQ(seen.at({6, IpAddress::from(kDoor6.address), 9091}), target);
  EXPECT_EQ(seen.at({6, {}, 9090}), service);
  EXPECT_TRUE(seen.at({6, kAny6, 9090}).is_container);
}

TEST_F(ContainerPort6, is_refused_without_its_container) {
  hands_over6(tcp6(kClient6, kOwnDoor, kSyn));
  arrives6(tcp6(kClient6, kOwnDoor, kAck));
  EXPECT_TRUE(path_->orphans().value().empty());
  ASSERT_TRUE(path_->set_endpoints({}, {{kNetwork, kRed}}).ok());
  EXPECT_EQ(path_->orphans().value().size(), 1u);
  EXPECT_EQ(arrives6(tcp6(kClient6, kOwnDoor, kAck)).reason, "mesh_reset");
  EXPECT_EQ(hands_over6(tcp6(kClient6, kOwnDoor, kSyn)).reason, "mesh_reset");
}

}  // namespace
}  // namespace skein::kernel::testing
