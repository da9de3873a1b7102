// ICMP errors of flows whose client came in by IPv6, where the backend is asked by IPv6 or its host makes IPv4 of it.
#include "kernel/testing/mesh6_host.h"

namespace skein::kernel::testing {
namespace {

constexpr uint8_t kUnreachable = 1, kTooBig = 2, kPort = 4;

TEST_F(NativeMesh6, a_local_backends_error_is_told_in_the_name_of_the_door) {
  listen(AF_INET6);
  hands_over6(udp6(kClient6, kDoor6));
  Verdict told = red_sends6(error6(kRed6.address, kClient6.address, kUnreachable, kPort, 0, udp6(kClient6, kRed6)));
  EXPECT_EQ(told.reason, "mesh_unreachable");
  EXPECT_EQ(told.target_interface, index("under"));
  Bytes message = error_in(told);
  EXPECT_EQ(part(message, 0, 2), (Bytes{kUnreachable, kPort}));
  EXPECT_EQ(part(message, 8, 44), part(udp6(kClient6, kDoor6), 0, 44));
}

TEST_F(NativeMesh6, a_translated_backends_error_is_told_so_as_well) {
  listen(AF_INET);
  hands_over6(udp6(kClient6, kDoor6));
  Bytes message = error_in(red_sends4(error_packet(kRed, kOwn, 3, udp4(kKnown, kTarget))));
  EXPECT_EQ(part(message, 0, 2), (Bytes{kUnreachable, kPort}));
  EXPECT_EQ(part(message, 8, 44), part(udp6(kClient6, kDoor6), 0, 44));
}

TEST_F(NativeMesh6, a_remote_backends_error_comes_out_of_the_tunnel) {
  set_backends({{kFar, 1}});
  hands_over6(udp6(kClient6, kDoor6));
  Bytes error = error6(kFar6.address, kClient6.address, kUnreachable, kPort, 0, udp6(kClient6, kFar6));
  Verdict told = tunnel_brings(error);
  EXPECT_EQ(told.reason, "mesh_unreachable");
  Bytes message = error_in(told);
  EXPECT_EQ(part(message, 0, 2), (Bytes{kUnreachable, kPort}));
  EXPECT_EQ(part(message, 8, 44), part(udp6(kClient6, kDoor6), 0, 44));
}

TEST_F(NativeMesh6, a_backend_here_tells_the_entry_host_by_ipv6) {
  const Bytes wanted = error6(kRed6.address, kClient6.address, kUnreachable, kPort, 0, udp6(kClient6, kRed6));
  listen(AF_INET6);
  tunnel_brings(udp6(kClient6, kRed6));
  Verdict told = red_sends6(wanted);
  EXPECT_EQ(told.reason, "mesh_to_entry");
  EXPECT_EQ(tunnelled(told), wanted);

  listen(AF_INET);
  tunnel_brings(udp6(kClient6, kRed6));
  told = red_sends4(error_packet(kRed, kOwn, 3, udp4(kKnown, kTarget)));
  EXPECT_EQ(told.reason, "mesh_to_entry");
  EXPECT_EQ(host_of(told), ip("192.0.2.2"));
  Bytes packet = tunnelled(told);
  EXPECT_EQ(part(packet, 0, 42), part(wanted, 0, 42));
  EXPECT_EQ(part(packet, 48, 44), part(wanted, 48, 44));  // but for the checksums
  EXPECT_EQ(transport_checksum(Ip6Header{kRed6.address, kClient6.address, 58}, part(packet, 40)), 0);
}

TEST_F(NativeMesh6, nobody_speaks_for_the_flows_of_another_endpoint) {
  listen(AF_INET6);
  tunnel_brings(udp6(kClient6, kRed6));
  set_backends({{kFar, 1}});
  hands_over6(udp6(kClient6, kDoor6));
  const Bytes of_far = error6(kRed6.address, kClient6.address, kUnreachable, kPort, 0, udp6(kClient6, kFar6));
  EXPECT_EQ(red_leaves6(of_far), "drop_protocol");
  const Bytes of_red = error6(kFar6.address, kClient6.address, kUnreachable, kPort, 0, udp6(kClient6, kRed6));
  EXPECT_EQ(tunnel_brings(of_red).reason, "drop_unknown_destination");
}

TEST_F(NativeMesh6, an_error_from_the_way_to_the_client_reaches_a_local_backend) {
  const Bytes about = tcp6(kDoor6, kClient6, kAck, Bytes(1300));
  const Bytes error = error6(ip6("2001:db8::fe"), kDoor6.address, kTooBig, 0, 1400, about);
  listen(AF_INET6);
  hands_over6(tcp6(kClient6, kDoor6, kSyn));
  Verdict told = arrives6(error);
  EXPECT_EQ(told.reason, "mesh_to_local");
  EXPECT_EQ(told.target_interface, index("red"));
  Bytes sent = tcp6(kRed6, kClient6, kAck, Bytes(1300));
  EXPECT_EQ(inner(told), error6(kClient6.address, kRed6.address, kTooBig, 0, 1400, sent));

  listen(AF_INET);
  hands_over6(tcp6(kClient6, kDoor6, kSyn));
  hands_over6(tcp6(kClient6, kDoor6, kAck));
  Bytes packet = inner(arrives6(error));
  EXPECT_EQ(part(packet, 9, 1) + part(packet, 12, 8), Bytes{1} + big32(kOwn.value) + big32(kRed.value));
  EXPECT_EQ(internet_checksum(part(packet, 20)), 0);
  EXPECT_EQ(part(packet, 20, 2) + part(packet, 26, 2), (Bytes{3, 4}) + big16(1380));
  EXPECT_EQ(part(packet, 28 + 12, 12), big32(kRed.value) + big32(kOwn.value) + big16(80) + big16(5555));
}

TEST_F(NativeMesh6, and_a_remote_one_through_the_tunnel) {
  set_backends({{kFar, 1}});
  hands_over6(tcp6(kClient6, kDoor6, kSyn));
  const Bytes about = tcp6(kDoor6, kClient6, kAck, Bytes(1300));
  Verdict told = arrives6(error6(ip6("2001:db8::fe"), kDoor6.address, kTooBig, 0, 1400, about));
  EXPECT_EQ(told.reason, "mesh_to_remote");
  Bytes sent = tcp6(kFar6, kClient6, kAck, Bytes(1300));
  EXPECT_EQ(tunnelled(told), error6(kClient6.address, kFar6.address, kTooBig, 0, 1400, sent));
}

TEST_F(NativeMesh6, the_backends_host_hands_it_on_in_the_family_of_the_flow) {
  const Bytes sent = tcp6(kRed6, kClient6, kAck, Bytes(1300));
  const Bytes error = error6(kClient6.address, kRed6.address, kTooBig, 0, 1400, sent);
  EXPECT_EQ(tunnel_brings(error).reason, "drop_unknown_destination") << "there is no such flow";
  listen(AF_INET6);
  tunnel_brings(tcp6(kClient6, kRed6, kSyn));
  EXPECT_EQ(tunnel_brings(error).reason, "mesh_from_entry");
  EXPECT_EQ(inner(tunnel_brings(error)), error);

  add_host("192.0.2.3");
  const auto renamed =
      static_cast<uint16_t>(read16(inner(tunnel_brings(tcp6(kClient6, kRed6, kSyn), ip("192.0.2.3"))), 40));
  Bytes other = tcp6(kRed6, {kClient6.address, renamed}, kAck, Bytes(1300));
  Bytes of_renamed = inner(tunnel_brings(error, ip("192.0.2.3")));
  EXPECT_EQ(part(of_renamed, 48, 44), part(other, 0, 44));
  EXPECT_EQ(transport_checksum(Ip6Header{kClient6.address, kRed6.address, 58}, part(of_renamed, 40)), 0);

  listen(AF_INET);
  tunnel_brings(tcp6(kClient6, kRed6, kSyn));
  Bytes packet = inner(tunnel_brings(error));
  EXPECT_EQ(part(packet, 9, 1) + part(packet, 12, 8), Bytes{1} + big32(kOwn.value) + big32(kRed.value));
  EXPECT_EQ(part(packet, 20, 2) + part(packet, 26, 2), (Bytes{3, 4}) + big16(1380));
}

TEST_F(NativeMesh6, a_larger_datagram_than_the_tunnel_takes_is_answered) {
  set_backends({{kFar, 1}});
  hands_over6(udp6(kClient6, kDoor6));
  EXPECT_EQ(arrives6(udp6(kClient6, kDoor6, Bytes(1450 - 48))).reason, "mesh_to_remote");
  const Bytes large = udp6(kClient6, kDoor6, Bytes(1450 - 48 + 1));
  Verdict refused = arrives6(large);
  EXPECT_EQ(refused.reason, "too_big_answered");
  Bytes message = error_in(refused);
  EXPECT_EQ(part(message, 0, 2) + part(message, 4, 4), (Bytes{kTooBig, 0}) + big32(1450));
  EXPECT_EQ(part(message, 8, 46), part(large, 0, 46));
}

TEST_F(NativeMesh6, so_is_a_larger_answer) {
  plan::HostPath path{index("under"), ip("192.0.2.1"), under_mac_, kFarHostMac, 1400};
  ASSERT_TRUE(path_->set_hosts({{ip("192.0.2.2"), path}}, {}).ok());
  listen(AF_INET6);
  tunnel_brings(udp6(kClient6, kRed6));
  EXPECT_EQ(red_sends6(udp6(kRed6, kClient6, Bytes(1350 - 48))).reason, "mesh_to_entry");
  const Bytes large = udp6(kRed6, kClient6, Bytes(1350 - 48 + 1));
  Verdict refused = red_sends6(large);
  EXPECT_EQ(refused.reason, "too_big_answered");
  EXPECT_EQ(refused.target_interface, index("red"));
  EXPECT_EQ(part(refused.frame, 0, 6), bytes_of(Mac::from_ipv4(kRed)));
  EXPECT_EQ(inner(refused), error6(kClient6.address, kRed6.address, kTooBig, 0, 1350, large));

  listen(AF_INET);
  tunnel_brings(udp6(kClient6, kRed6));
  EXPECT_EQ(red_sends4(udp4(kTarget, kKnown, Bytes(1330 - 28))).reason, "mesh_to_entry");
  refused = red_sends4(udp4(kTarget, kKnown, Bytes(1330 - 28 + 1)));
  EXPECT_EQ(refused.reason, "too_big_answered");
  EXPECT_EQ(part(inner(refused), 20, 2) + part(inner(refused), 26, 2), (Bytes{3, 4}) + big16(1330));
}

}  // namespace
}  // namespace skein::kernel::testing
