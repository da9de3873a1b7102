// Clients that come in at a published port by IPv6: a backend that listens by IPv6 sees their own address; for one that
// does not, its own host makes IPv4 of their packets.
#include "kernel/testing/mesh6_host.h"

namespace skein::kernel::testing {
namespace {

TEST_F(NativeMesh6, a_local_backend_that_listens_by_ipv6_gets_the_clients_packets) {
  listen(AF_INET6);
  Verdict begun = hands_over6(tcp6(kClient6, kDoor6, kSyn));
  EXPECT_EQ(begun.reason, "mesh_to_local");
  EXPECT_EQ(begun.target_interface, index("red"));
  EXPECT_EQ(part(begun.frame, 0, 6) + part(begun.frame, 12, 2), bytes_of(Mac::from_ipv4(kRed)) + big16(0x86dd));
  EXPECT_EQ(inner(begun), tcp6(kClient6, kRed6, kSyn));
  listen(AF_UNSPEC);  // of a connection the first packet decides
  EXPECT_EQ(inner(arrives6(tcp6(kClient6, kDoor6, kAck, Bytes(1000, 'd')))),
            tcp6(kClient6, kRed6, kAck, Bytes(1000, 'd')));
  Verdict answer = red_sends6(tcp6(kRed6, kClient6, kSyn | kAck));
  EXPECT_EQ(answer.reason, "mesh_to_client");
  EXPECT_EQ(answer.target_interface, index("under"));
  EXPECT_EQ(inner(answer), tcp6(kDoor6, kClient6, kSyn | kAck));
}

TEST_F(NativeMesh6, one_that_does_not_is_asked_by_ipv4) {
  listen(AF_INET);
  expect_ipv4(inner(hands_over6(tcp6(kClient6, kDoor6, kSyn))), tcp4(kKnown, kTarget, kSyn));
  expect_ipv4(inner(arrives6(tcp6(kClient6, kDoor6, kAck))), tcp4(kKnown, kTarget, kAck));
  Verdict answer = red_answers(kKnown);
  EXPECT_EQ(answer.reason, "mesh_to_client");
  EXPECT_EQ(inner(answer), tcp6(kDoor6, kClient6, kSyn | kAck));
}

TEST_F(NativeMesh6, so_is_one_that_has_no_ipv6) {
  listen(AF_INET6);
  ASSERT_TRUE(path_->attach_endpoint(index("red"), red()).ok());
  expect_ipv4(inner(hands_over6(tcp6(kClient6, kDoor6, kSyn))), tcp4(kKnown, kTarget, kSyn));
}

TEST_F(NativeMesh6, a_remote_backend_gets_them_through_the_tunnel) {
  set_backends({{kFar, 1}});
  Verdict begun = hands_over6(tcp6(kClient6, kDoor6, kSyn));
  EXPECT_EQ(begun.reason, "mesh_to_remote");
  EXPECT_EQ(host_of(begun), ip("192.0.2.2"));
  EXPECT_EQ(part(begun.frame, 50, 6) + part(begun.frame, 62, 2), bytes_of(Mac::from_ipv4(kFar)) + big16(0x86dd));
  EXPECT_EQ(tunnelled(begun), tcp6(kClient6, kFar6, kSyn));
  Verdict answer = tunnel_brings(tcp6(kFar6, kClient6, kSyn | kAck));
  EXPECT_EQ(answer.reason, "mesh_to_client");
  EXPECT_EQ(inner(answer), tcp6(kDoor6, kClient6, kSyn | kAck));
  EXPECT_EQ(part(answer.frame, 12, 2), big16(0x86dd));
}

TEST_F(NativeMesh6, what_another_host_brings_is_for_who_listens_by_ipv6_and_answers_go_back_there) {
  listen(AF_INET6);
  Verdict begun = tunnel_brings(tcp6(kClient6, kRed6, kSyn));
  EXPECT_EQ(begun.reason, "mesh_from_entry");
  EXPECT_EQ(begun.target_interface, index("red"));
  EXPECT_EQ(inner(begun), tcp6(kClient6, kRed6, kSyn));
  EXPECT_EQ(inner(tunnel_brings(tcp6(kClient6, kRed6, kAck, Bytes(1000, 'd')))),
            tcp6(kClient6, kRed6, kAck, Bytes(1000, 'd')));
  Verdict answer = red_sends6(tcp6(kRed6, kClient6, kSyn | kAck));
  EXPECT_EQ(answer.reason, "mesh_to_entry");
  EXPECT_EQ(host_of(answer), ip("192.0.2.2"));
  EXPECT_EQ(tunnelled(answer), tcp6(kRed6, kClient6, kSyn | kAck));
  EXPECT_EQ(part(answer.frame, 62, 2), big16(0x86dd));
}

TEST_F(NativeMesh6, for_who_does_not_it_becomes_ipv4_here_and_answers_ipv6) {
  listen(AF_INET);
  expect_ipv4(inner(tunnel_brings(tcp6(kClient6, kRed6, kSyn))), tcp4(kKnown, kTarget, kSyn));
  expect_ipv4(inner(tunnel_brings(tcp6(kClient6, kRed6, kAck))), tcp4(kKnown, kTarget, kAck));
  Verdict answer = red_answers(kKnown);
  EXPECT_EQ(answer.reason, "mesh_to_entry");
  EXPECT_EQ(host_of(answer), ip("192.0.2.2"));
  EXPECT_EQ(tunnelled(answer), tcp6(kRed6, kClient6, kSyn | kAck));
}

// As the packets of IPv4 there.
TEST_F(NativeMesh6, on_an_encrypted_ingress_network_nothing_is_taken_or_sent_in_clear) {
  listen(AF_INET6);
  ASSERT_TRUE(path_->set_mesh({kNetwork, kOwn, 1450, true}, index("mesh"), index("mesh-in")).ok());
  EXPECT_EQ(reason("under", in_tunnel(framed_for(kRed, tcp6(kClient6, kRed6, kSyn)))), "drop_in_clear");
  set_backends({{kFar, 1}});
  EXPECT_EQ(hands_over6(tcp6(kClient6, kDoor6, kSyn)).reason, "drop_no_esp");
  ASSERT_TRUE(path_->set_esp_device(plan::EspDevice::kTap, index("blue")).ok());
  Verdict begun = hands_over6(tcp6({kClient6.address, 6666}, kDoor6, kSyn));
  EXPECT_EQ(begun.reason, "esp_to_remote");
  EXPECT_EQ(tunnelled(begun), tcp6({kClient6.address, 6666}, kFar6, kSyn));
}

TEST_F(NativeMesh6, the_same_ports_again_ask_anew_who_listens) {
  listen(AF_INET);
  tunnel_brings(tcp6(kClient6, kRed6, kSyn));
  listen(AF_INET6);
  expect_ipv4(inner(tunnel_brings(tcp6(kClient6, kRed6, kAck))), tcp4(kKnown, kTarget, kAck));
  EXPECT_EQ(inner(tunnel_brings(tcp6(kClient6, kRed6, kSyn))), tcp6(kClient6, kRed6, kSyn));
  EXPECT_EQ(inner(tunnel_brings(tcp6(kClient6, kRed6, kAck))), tcp6(kClient6, kRed6, kAck));
  listen(AF_INET);
  expect_ipv4(inner(tunnel_brings(tcp6(kClient6, kRed6, kSyn))), tcp4(kKnown, kTarget, kSyn));
}

TEST_F(NativeMesh6, each_datagram_asks_who_listens) {
  for (bool is_local : {true, false}) {
    const End6 client{kClient6.address, static_cast<uint16_t>(is_local ? 6000 : 6001)};
    const End known{kOwn, client.port};
    const Bytes wanted = is_local ? udp6(kDoor6, client) : udp6(kRed6, client);
    for (int family : {AF_INET, AF_INET6, AF_INET}) {
      listen(family);
      Bytes asked = inner(is_local ? hands_over6(udp6(client, kDoor6)) : tunnel_brings(udp6(client, kRed6)));
      Verdict answer = family == AF_INET6 ? red_sends6(udp6(kRed6, client)) : red_sends4(udp4(kTarget, known));
      EXPECT_EQ(is_local ? inner(answer) : tunnelled(answer), wanted);
      if (family == AF_INET6)
        EXPECT_EQ(asked, udp6(client, kRed6));
      else
        expect_ipv4(asked, udp4(known, kTarget));
    }
  }
}

TEST_F(NativeMesh6, one_client_with_one_port_may_come_by_two_hosts) {
  add_host("192.0.2.3");
  for (int family : {AF_INET6, AF_INET}) {
    listen(family);
    const End6 client{kClient6.address, static_cast<uint16_t>(family == AF_INET6 ? 6000 : 6001)};
    auto port_seen = [&](const Bytes& packet) { return read16(packet, family == AF_INET6 ? 40 : 20); };
    EXPECT_EQ(port_seen(inner(tunnel_brings(tcp6(client, kRed6, kSyn)))), client.port);
    Bytes second = inner(tunnel_brings(tcp6(client, kRed6, kSyn), ip("192.0.2.3")));
    const auto other = static_cast<uint16_t>(port_seen(second));
    ASSERT_NE(other, client.port);
    if (family == AF_INET6) {
      EXPECT_EQ(second, tcp6({client.address, other}, kRed6, kSyn));
    }
    EXPECT_EQ(port_seen(inner(tunnel_brings(tcp6(client, kRed6, kAck), ip("192.0.2.3")))), other);
    for (auto [port, host] : {std::pair(client.port, "192.0.2.2"), {other, "192.0.2.3"}}) {
      Verdict answer =
          family == AF_INET6 ? red_sends6(tcp6(kRed6, {client.address, port}, kSyn | kAck)) : red_answers({kOwn, port});
      EXPECT_EQ(host_of(answer), ip(host));
      EXPECT_EQ(tunnelled(answer), tcp6(kRed6, client, kSyn | kAck));
    }
  }
}

TEST_F(NativeMesh6, two_addresses_of_the_entry_host_are_told_apart) {
  listen(AF_INET6);
  const End6 side{ip6("2001:db8::2"), 8080};
  hands_over6(tcp6(kClient6, kDoor6, kSyn));
  Bytes second = inner(hands_over6(tcp6(kClient6, side, kSyn)));
  const End6 renamed{kClient6.address, static_cast<uint16_t>(read16(second, 40))};
  ASSERT_NE(renamed.port, kClient6.port);
  EXPECT_EQ(second, tcp6(renamed, kRed6, kSyn));
  EXPECT_EQ(inner(red_sends6(tcp6(kRed6, renamed, kSyn | kAck))), tcp6(side, kClient6, kSyn | kAck));
  EXPECT_EQ(inner(red_sends6(tcp6(kRed6, kClient6, kSyn | kAck))), tcp6(kDoor6, kClient6, kSyn | kAck));
}

TEST_F(NativeMesh6, the_hosts_own_connections_and_sctp_are_asked_for_by_ipv4) {
  listen(AF_INET6);
  const End6 program{plan::kMeshClient6, 40000}, door{plan::kMeshEntry6, 8080};
  expect_ipv4(inner(hands_over6(tcp6(program, door, kSyn))), tcp4({kOwn, 40000}, kTarget, kSyn));
  ASSERT_TRUE(path_->set_ports({{{132, {}, 80}, {kNetwork, kVip, 80}}}, {}).ok());
  Bytes sctp = big16(5555) + big16(80) + Bytes(12);
  expect_ipv4(inner(hands_over6(ipv6({kClient6.address, kDoor6.address, 132}, sctp))), ipv4({kOwn, kRed, 132}, sctp));
}

TEST_F(NativeMesh6, a_way_too_narrow_for_ipv6_is_one_of_ipv4) {
  for (uint32_t mtu : {1329u, 1330u}) {
    plan::HostPath path{index("under"), ip("192.0.2.1"), under_mac_, kFarHostMac, mtu};
    ASSERT_TRUE(path_->set_hosts({{ip("192.0.2.2"), path}}, {}).ok());
    listen(AF_INET6);
    Bytes brought = inner(tunnel_brings(tcp6(kClient6, kRed6, kSyn)));
    set_backends({{kFar, 1}});
    Bytes sent = tunnelled(hands_over6(tcp6({kClient6.address, static_cast<uint16_t>(mtu)}, kDoor6, kSyn)));
    EXPECT_EQ(brought.at(0) >> 4, mtu == 1330 ? 6 : 4);
    EXPECT_EQ(sent.at(0) >> 4, mtu == 1330 ? 6 : 4);
  }
}

TEST_F(NativeMesh6, a_backend_that_left_has_its_connections_reset) {
  listen(AF_INET6);
  hands_over6(tcp6(kClient6, kDoor6, kSyn));
  arrives6(tcp6(kClient6, kDoor6, kAck));
  set_backends({{kBlue, 1}});
  std::vector<MeshClient> orphans = path_->orphans().value();
  ASSERT_EQ(orphans.size(), 1u);
  EXPECT_EQ(orphans[0].client, IpAddress::from(kClient6.address));
  EXPECT_EQ(orphans[0].called, IpAddress::from(kDoor6.address));
  EXPECT_EQ(arrives6(tcp6(kClient6, kDoor6, kAck)).reason, "mesh_reset");
}

TEST_F(NativeMesh6, a_backend_that_drains_keeps_its_flows) {
  listen(AF_INET6);
  hands_over6(tcp6(kClient6, kDoor6, kSyn));
  set_backends({{kRed, 0}, {kFar, 1}});
  EXPECT_EQ(inner(arrives6(tcp6(kClient6, kDoor6, kAck))), tcp6(kClient6, kRed6, kAck));
  const End6 other{kClient6.address, 5556};
  EXPECT_EQ(tunnelled(hands_over6(tcp6(other, kDoor6, kSyn))), tcp6(other, kFar6, kSyn));
}

TEST_F(NativeMesh6, datagrams_leave_a_backend_whose_host_is_silent) {
  listen(AF_INET6);
  set_backends({{kFar, 1}});
  EXPECT_EQ(tunnelled(hands_over6(udp6(kClient6, kDoor6))), udp6(kClient6, kFar6));
  is_far_silent_ = true;
  set_backends({{kRed, 1}, {kFar, 0}});
  EXPECT_EQ(arrives6(udp6(kClient6, kDoor6)).reason, "underlay_other") << "for the host's rules to judge";
  EXPECT_EQ(inner(hands_over6(udp6(kClient6, kDoor6))), udp6(kClient6, kRed6));
}

TEST_F(NativeMesh6, the_tunnel_brings_nothing_else_by_ipv6) {
  listen(AF_INET6);
  EXPECT_EQ(tunnel_brings(tcp6(kClient6, kRed6, kSyn), ip("192.0.2.7")).reason, "drop_unknown_host");
  EXPECT_EQ(tunnel_brings(tcp6(kClient6, kFar6, kSyn)).reason, "drop_not_here");
  EXPECT_EQ(tunnel_brings(tcp6(kClient6, {ip6("fd73:6b65:696e:2::a00:102"), 80}, kSyn)).reason, "drop_not_here");
  EXPECT_EQ(tunnel_brings(tcp6(kRed6, kClient6, kSyn)).reason, "drop_foreign_source") << "it is not the sender's";
  EXPECT_EQ(tunnel_brings(tcp6({plan::kMeshClient6, 1}, kRed6, kSyn)).reason, "drop_foreign_source");
  EXPECT_EQ(tunnel_brings(tcp6(kFar6, kClient6, kAck)).reason, "drop_unknown_destination") << "it answers nobody";
  EXPECT_EQ(tunnel_brings(Bytes{0x50}).reason, "drop_malformed");
  Bytes group = ethernet({Mac{{0x33, 0x33, 0, 0, 0, 1}}, kFarHostMac, 0x86dd}, tcp6(kFar6, kRed6, kSyn));
  EXPECT_EQ(leaves("under", in_tunnel(group)), "drop_protocol");
}

TEST_F(NativeMesh6, a_container_sends_nothing_by_ipv6_but_answers) {
  Verdict refused = red_sends6(tcp6(kRed6, kClient6, kSyn));
  EXPECT_EQ(refused.reason, "ipv6_refused");
  EXPECT_EQ(refused.target_interface, index("red"));
  EXPECT_EQ(part(refused.frame, 0, 14),
            bytes_of(Mac::from_ipv4(kRed)) + bytes_of(Mac::from_ipv4(ip("10.0.1.1"))) + big16(0x86dd));
  Bytes reset = big16(5555) + big16(80) + big32(0) + big32(1001) + Bytes{0x50, kRst | kAck, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(inner(refused), checksummed(Ip6Header{kClient6.address, kRed6.address, 6}, reset, 16));
  EXPECT_EQ(red_leaves6(tcp6(kRed6, kClient6, kRst)), "drop_protocol");

  Verdict told = red_sends6(udp6(kRed6, kClient6));
  EXPECT_EQ(told.reason, "ipv6_refused");
  EXPECT_EQ(inner(told), error6(kClient6.address, kRed6.address, 1, 0, 0, udp6(kRed6, kClient6)));

  EXPECT_EQ(red_leaves6(ipv6({kRed6.address, kClient6.address, 58}, Bytes{128, 0} + Bytes(6))), "drop_protocol");
  EXPECT_EQ(red_sends6(udp6({plan::endpoint_address6(kBlue), 80}, kClient6)).reason, "drop_spoofed");
  EXPECT_EQ(red_sends6(udp6({ip6("fe80::1"), 80}, kClient6)).reason, "drop_spoofed");
  Bytes group = ethernet({Mac{{0x33, 0x33, 0, 0, 0, 1}}, Mac::from_ipv4(kRed), 0x86dd}, udp6(kRed6, kClient6));
  EXPECT_EQ(leaves("red", group), "drop_protocol");
}

}  // namespace
}  // namespace skein::kernel::testing
