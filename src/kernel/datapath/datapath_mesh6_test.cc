// Clients that come in at a published port by IPv6, and a backend that is asked by IPv4: an older host's, a Docker
// Engine's, of SCTP, or for the host's own programs. To it they are the entry host.
#include "kernel/testing/mesh6_host.h"

namespace skein::kernel::testing {
namespace {

TEST_F(Mesh6, a_connection_begins_on_the_meshs_own_device_only) {
  EXPECT_EQ(reason("under", framed6(tcp6(kClient6, kDoor6, kSyn))), "underlay_other");
  EXPECT_EQ(reason("mesh-in", framed6(tcp6(kClient6, kDoor6, kSyn))), "mesh_to_local");
}

TEST_F(Mesh6, a_local_backend_is_asked_by_ipv4_from_the_hosts_address_on_the_network) {
  Verdict begun = hands_over6(tcp6(kClient6, kDoor6, kSyn));
  EXPECT_EQ(begun.target_interface, index("red"));
  EXPECT_EQ(part(begun.frame, 0, 6) + part(begun.frame, 12, 2), bytes_of(Mac::from_ipv4(kRed)) + big16(0x0800));
  expect_ipv4(inner(begun), tcp4(kKnown, kTarget, kSyn));
  Verdict going_on = arrives6(tcp6(kClient6, kDoor6, kAck, Bytes(1000, 'd')));
  EXPECT_EQ(going_on.reason, "mesh_to_local");
  expect_ipv4(inner(going_on), tcp_packet(kOwn, kRed, {5555, 80}, kAck, Bytes(1000, 'd')));
}

TEST_F(Mesh6, its_answers_come_by_ipv6_from_the_published_port) {
  hands_over6(tcp6(kClient6, kDoor6, kSyn));
  Verdict answer = red_answers(kKnown);
  EXPECT_EQ(answer.reason, "mesh_to_client");
  EXPECT_EQ(answer.target_interface, index("under"));
  EXPECT_EQ(inner(answer), tcp6(kDoor6, kClient6, kSyn | kAck));
}

TEST_F(Mesh6, a_remote_backend_answers_through_the_tunnel) {
  set_backends({{kFar, 1}});
  Verdict begun = hands_over6(tcp6(kClient6, kDoor6, kSyn));
  EXPECT_EQ(begun.reason, "mesh_to_remote");
  expect_ipv4(tunnelled(begun), tcp4(kKnown, {kFar, 80}, kSyn));
  Verdict answer = verdict("under", in_tunnel(framed(kFar, kRed, tcp4({kFar, 80}, kKnown, kSyn | kAck))));
  EXPECT_EQ(answer.reason, "mesh_to_client");
  EXPECT_EQ(inner(answer), tcp6(kDoor6, kClient6, kSyn | kAck));
}

TEST_F(Mesh6, datagrams_go_both_ways) {
  expect_ipv4(inner(hands_over6(udp6(kClient6, kDoor6))), udp4(kKnown, kTarget));
  expect_ipv4(inner(arrives6(udp6(kClient6, kDoor6))), udp4(kKnown, kTarget));
  Verdict answer = verdict("red", framed(kRed, ip("10.0.1.1"), udp4(kTarget, kKnown)));
  EXPECT_EQ(inner(answer), udp6(kDoor6, kClient6));
}

TEST_F(Mesh6, marks_of_congestion_and_hops_pass) {
  Bytes asked = tcp6(kClient6, kDoor6, kSyn);
  asked[0] = 0x60, asked[1] = 0x30, asked[7] = 9;  // traffic class 3, hop limit 9
  Bytes begun = inner(hands_over6(asked));
  EXPECT_EQ(begun.at(1), 3);
  EXPECT_EQ(begun.at(8), 9);
  Bytes answered = tcp4(kTarget, kKnown, kSyn | kAck);
  answered[1] = 3, answered[8] = 9;
  Bytes answer = inner(verdict("red", framed(kRed, ip("10.0.1.1"), answered)));
  EXPECT_EQ(part(answer, 0, 2), (Bytes{0x60, 0x30}));
  EXPECT_EQ(answer.at(7), 9);
}

TEST_F(Mesh6, two_clients_of_one_port_are_told_apart) {
  hands_over6(tcp6(kClient6, kDoor6, kSyn));
  const End6 other{ip6("2001:db8:7::8"), kClient6.port};
  Bytes second = inner(hands_over6(tcp6(other, kDoor6, kSyn)));
  const End renamed{kOwn, static_cast<uint16_t>(read16(second, 20))};
  EXPECT_NE(renamed.port, kKnown.port);
  EXPECT_EQ(inner(red_answers(renamed)), tcp6(kDoor6, other, kSyn | kAck));
  EXPECT_EQ(inner(red_answers(kKnown)), tcp6(kDoor6, kClient6, kSyn | kAck));
}

TEST_F(Mesh6, the_hosts_own_connections_are_answered_by_the_loopback_device) {
  const End6 program{plan::kMeshClient6, 40000}, door{plan::kMeshEntry6, 8080};
  expect_ipv4(inner(hands_over6(tcp6(program, door, kSyn))), tcp4({kOwn, 40000}, kTarget, kSyn));
  Verdict answer = red_answers({kOwn, 40000});
  EXPECT_EQ(answer.reason, "mesh_to_client");
  EXPECT_EQ(answer.target_interface, index("lo"));
  EXPECT_EQ(part(answer.frame, 0, 6), Bytes(6));
  EXPECT_EQ(inner(answer), tcp6(door, program, kSyn | kAck));
}

TEST_F(Mesh6, nobody_to_serve_is_refused_in_the_name_of_the_port) {
  set_backends({});
  Verdict refused = hands_over6(tcp6(kClient6, kDoor6, kSyn));
  EXPECT_EQ(refused.reason, "mesh_reset");
  EXPECT_EQ(refused.target_interface, index("under"));
  Bytes reset = big16(8080) + big16(5555) + big32(0) + big32(1001) + Bytes{0x50, kRst | kAck, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(inner(refused), checksummed(Ip6Header{kDoor6.address, kClient6.address, 6}, reset, 16));

  Verdict told = hands_over6(udp6(kClient6, kDoor6));
  EXPECT_EQ(told.reason, "mesh_unreachable");
  Bytes message = error_in(told);
  EXPECT_EQ(part(message, 0, 2), (Bytes{1, 4}));
  EXPECT_EQ(part(message, 8), part(udp6(kClient6, kDoor6), 0, 48));
}

TEST_F(Mesh6, a_backend_that_left_has_its_connections_reset) {
  hands_over6(tcp6(kClient6, kDoor6, kSyn));
  arrives6(tcp6(kClient6, kDoor6, kAck));
  set_backends({{kBlue, 1}});
  std::vector<MeshClient> orphans = path_->orphans().value();
  ASSERT_EQ(orphans.size(), 1u);
  EXPECT_EQ(orphans[0], (MeshClient{IpAddress::from(kClient6.address), IpAddress::from(kDoor6.address), 5555, 8080,
                                    orphans[0].acked}));
  EXPECT_EQ(arrives6(tcp6(kClient6, kDoor6, kAck)).reason, "mesh_reset");
}

TEST_F(Mesh6, a_larger_datagram_than_fits_is_answered) {
  set_backends({{kFar, 1}});
  hands_over6(udp6(kClient6, kDoor6));
  EXPECT_EQ(arrives6(udp6(kClient6, kDoor6, Bytes(1450 - 28))).reason, "mesh_to_remote");
  const Bytes large = udp6(kClient6, kDoor6, Bytes(1450 - 28 + 1));
  Verdict refused = arrives6(large);
  EXPECT_EQ(refused.reason, "too_big_answered");
  Bytes message = error_in(refused);
  EXPECT_EQ(part(message, 0, 2), (Bytes{2, 0}));
  EXPECT_EQ(read32(message, 4), 1470u);
  EXPECT_EQ(part(message, 8, 46), part(large, 0, 46));  // but for the checksum
}

TEST_F(Mesh6, a_backends_error_is_told_in_icmpv6) {
  hands_over6(udp6(kClient6, kDoor6));
  Verdict told = verdict("red", framed(kRed, ip("10.0.1.1"), error_packet(kRed, kOwn, 3, udp4(kKnown, kTarget))));
  Bytes message = error_in(told);
  EXPECT_EQ(part(message, 0, 2), (Bytes{1, 4}));
  Bytes about = udp6(kClient6, kDoor6);
  EXPECT_EQ(part(message, 8, 44), part(about, 0, 44));
}

TEST_F(Mesh6, so_is_that_of_a_backend_on_another_host) {
  set_backends({{kFar, 1}});
  hands_over6(udp6(kClient6, kDoor6));
  Bytes error = error_packet(kFar, kOwn, 3, udp4(kKnown, {kFar, 80}));
  Verdict told = verdict("under", in_tunnel(framed(kFar, kRed, error)));
  EXPECT_EQ(told.reason, "mesh_unreachable");
  EXPECT_EQ(part(error_in(told), 0, 2), (Bytes{1, 4}));
}

TEST_F(Mesh6, an_error_from_the_way_to_the_client_reaches_the_backend) {
  hands_over6(tcp6(kClient6, kDoor6, kSyn));
  Bytes about = tcp6(kDoor6, kClient6, kAck, Bytes(1300));
  Bytes message = Bytes{2, 0, 0, 0} + big32(1400) + part(about, 0, 1200);
  const Ip6Header from_router{ip6("2001:db8::fe"), kDoor6.address, 58};
  Verdict told = arrives6(checksummed(from_router, message, 2));
  EXPECT_EQ(told.reason, "mesh_to_local");
  expect_ipv4(part(inner(told), 0, 20) + Bytes(36), ipv4({kOwn, kRed, 1}, Bytes(36)));
  Bytes error = part(inner(told), 20);
  EXPECT_EQ(internet_checksum(error), 0);
  EXPECT_EQ(part(error, 0, 2) + part(error, 4, 4), (Bytes{3, 4}) + big16(0) + big16(1400 - 20));
  EXPECT_EQ(part(error, 8 + 9, 1) + part(error, 8 + 12, 12),
            Bytes{6} + big32(kRed.value) + big32(kOwn.value) + big16(80) + big16(5555));
}

TEST_F(Mesh6, what_is_in_pieces_or_has_other_headers_is_not_for_the_mesh) {
  Bytes piece = ipv6({kClient6.address, kDoor6.address, 44}, Bytes{17, 0, 0, 1, 0, 0, 0, 9} + Bytes(24));
  EXPECT_EQ(hands_over6(piece).reason, "drop_malformed");
  EXPECT_EQ(arrives6(piece).reason, "underlay_other");
  hands_over6(udp6(kClient6, kDoor6));
  Bytes answered = ipv4({kRed, kOwn, 17, 0x2000}, part(udp4(kTarget, kKnown, Bytes(64)), 20, 40));
  EXPECT_EQ(verdict("red", framed(kRed, ip("10.0.1.1"), answered)).reason, "drop_fragment");
  Bytes unsummed = ipv4({kRed, kOwn, 17}, udp(80, 5555, Bytes(8)));
  EXPECT_EQ(verdict("red", framed(kRed, ip("10.0.1.1"), unsummed)).reason, "drop_no_memory")
      << "IPv6 knows no datagram without a checksum";
}

}  // namespace
}  // namespace skein::kernel::testing
