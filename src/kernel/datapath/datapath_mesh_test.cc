// The routing mesh: clients come in at a published port, on this host or another, and answers go back to them.
#include "kernel/testing/mesh_host.h"

namespace skein::kernel::testing {
namespace {

class Mesh : public MeshHost {};

TEST_F(Mesh, a_connection_begins_on_the_meshs_own_device_only) {
  EXPECT_EQ(reason("under", from_client(tcp4(kClient, kDoor, kSyn))), "underlay_other");
  EXPECT_EQ(reason("mesh-in", from_client(tcp4(kClient, kDoor, kSyn))), "mesh_to_local");
}

TEST_F(Mesh, a_local_backend_sees_the_clients_own_address) {
  Verdict begun = hands_over(tcp4(kClient, kDoor, kSyn));
  EXPECT_EQ(begun.action, Action::kRedirect);
  EXPECT_EQ(begun.target_interface, index("red"));
  EXPECT_EQ(begun.frame, ethernet({Mac::from_ipv4(kRed), kRouterMac}, tcp4(kClient, kTarget, kSyn)));
}

TEST_F(Mesh, once_begun_a_connection_is_led_from_the_external_device) {
  hands_over(tcp4(kClient, kDoor, kSyn));
  Verdict going_on = arrives(tcp4(kClient, kDoor, kAck));
  EXPECT_EQ(going_on.reason, "mesh_to_local");
  EXPECT_EQ(inner(going_on), tcp4(kClient, kTarget, kAck));
}

TEST_F(Mesh, answers_of_a_local_backend_come_from_the_published_port) {
  hands_over(tcp4(kClient, kDoor, kSyn));
  Verdict answer = red_answers(kClient);
  EXPECT_EQ(answer.reason, "mesh_to_client");
  EXPECT_EQ(answer.target_interface, index("under"));
  EXPECT_EQ(inner(answer), tcp4(kDoor, kClient, kSyn | kAck));
}

TEST_F(Mesh, a_remote_backend_gets_it_through_the_tunnel_and_answers_there) {
  set_backends({{kFar, 1}});
  Verdict begun = hands_over(tcp4(kClient, kDoor, kSyn));
  EXPECT_EQ(begun.reason, "mesh_to_remote");
  EXPECT_EQ(begun.target_interface, index("under"));
  EXPECT_EQ(tunnelled(begun), tcp4(kClient, {kFar, 80}, kSyn));
  Verdict answer = verdict("under", in_tunnel(framed(kFar, kRed, tcp4({kFar, 80}, kClient, kSyn | kAck))));
  EXPECT_EQ(answer.reason, "mesh_to_client");
  EXPECT_EQ(inner(answer), tcp4(kDoor, kClient, kSyn | kAck));
}

TEST_F(Mesh, an_entry_hosts_client_is_answered_through_that_host) {
  Verdict arrived = verdict("under", from_entry(tcp4(kClient, kTarget, kSyn)));
  EXPECT_EQ(arrived.reason, "mesh_from_entry");
  EXPECT_EQ(arrived.target_interface, index("red"));
  EXPECT_EQ(inner(arrived), tcp4(kClient, kTarget, kSyn));
  Verdict answer = red_answers(kClient);
  EXPECT_EQ(answer.reason, "mesh_to_entry");
  EXPECT_EQ(tunnelled(answer), tcp4(kTarget, kClient, kSyn | kAck));
}

TEST_F(Mesh, one_client_port_at_two_hosts_is_two_clients_for_the_backend) {
  hands_over(tcp4(kClient, kDoor, kSyn));
  Verdict other = verdict("under", from_entry(tcp4(kClient, kTarget, kSyn)));
  EXPECT_EQ(other.reason, "mesh_from_entry");
  End renamed{kClient.address, static_cast<uint16_t>(read16(other.frame, 34))};
  EXPECT_NE(renamed.port, kClient.port);
  EXPECT_EQ(inner(other), tcp4(renamed, kTarget, kSyn));
  EXPECT_EQ(inner(verdict("under", from_entry(tcp4(kClient, kTarget, kAck)))), tcp4(renamed, kTarget, kAck));

  Verdict through_entry = red_answers(renamed);
  EXPECT_EQ(through_entry.reason, "mesh_to_entry");
  EXPECT_EQ(tunnelled(through_entry), tcp4(kTarget, kClient, kSyn | kAck));
  EXPECT_EQ(red_answers(kClient).reason, "mesh_to_client");
}

TEST_F(Mesh, answers_follow_the_routes) {
  hands_over(tcp4(kClient, kDoor, kSyn));
  EXPECT_EQ(red_answers(kClient).target_interface, index("under"));
  sh("ip link add side type veth peer name side-in && ip addr add 192.0.3.1/24 dev side && ip link set side up && "
     "ip link set side-in up && ip route replace 198.51.100.0/24 via 192.0.3.254");
  ASSERT_TRUE(path_->forget_routes().ok());
  EXPECT_EQ(red_answers(kClient, kAck).target_interface, index("side"));
}

TEST_F(Mesh, nobody_to_serve_is_refused_in_the_name_of_the_port) {
  set_backends({});
  Verdict refused = hands_over(tcp4(kClient, kDoor, kSyn));
  EXPECT_EQ(refused.reason, "mesh_reset");
  EXPECT_EQ(refused.target_interface, index("under"));
  EXPECT_EQ(part(refused.frame, 26, 8), big32(kHost.value) + big32(kClient.address.value));
  EXPECT_EQ(refused.frame.at(14 + 20 + 13), kRst | kAck);
  EXPECT_EQ(hands_over(udp4(kClient, kDoor)).reason, "mesh_unreachable");
}

TEST_F(Mesh, a_backend_that_left_has_its_connections_reset_and_its_datagrams_led_elsewhere) {
  hands_over(tcp4(kClient, kDoor, kSyn));
  hands_over(udp4(kClient, kDoor));
  set_backends({{kBlue, 1}});
  EXPECT_EQ(arrives(tcp4(kClient, kDoor, kAck)).reason, "mesh_reset");
  EXPECT_EQ(arrives(udp4(kClient, kDoor)).reason, "underlay_other");
  EXPECT_EQ(hands_over(udp4(kClient, kDoor)).target_interface, index("blue"));
}

TEST_F(Mesh, a_silent_backend_keeps_its_connections_and_its_datagrams_are_led_elsewhere) {
  set_backends({{kFar, 1}});
  hands_over(tcp4(kClient, kDoor, kSyn));
  hands_over(udp4(kClient, kDoor));
  is_far_silent_ = true;
  set_backends({{kRed, 1}, {kFar, 0}});
  EXPECT_EQ(arrives(udp4(kClient, kDoor)).reason, "underlay_other");
  EXPECT_EQ(hands_over(udp4(kClient, kDoor)).target_interface, index("red"));
  EXPECT_EQ(arrives(tcp4(kClient, kDoor, kAck)).reason, "mesh_to_remote");
  is_far_silent_ = false;
  set_backends({{kRed, 1}, {kFar, 1}});
  EXPECT_EQ(arrives(udp4(kClient, kDoor)).target_interface, index("red")) << "it is not led back";
}

TEST_F(Mesh, a_draining_backend_keeps_its_connections_and_gets_no_new_ones) {
  hands_over(tcp4(kClient, kDoor, kSyn));
  set_backends({{kRed, 0}, {kBlue, 1}});
  EXPECT_EQ(arrives(tcp4(kClient, kDoor, kAck)).target_interface, index("red"));
  EXPECT_EQ(hands_over(tcp4({kClient.address, 5556}, kDoor, kSyn)).target_interface, index("blue"));
}

TEST_F(Mesh, the_hosts_own_connections_come_from_its_address_on_the_ingress_network) {
  const End program{plan::kMeshClient, 40000}, door{plan::kMeshEntry, 8080}, own{kOwn, 40000};
  EXPECT_EQ(inner(hands_over(tcp4(program, door, kSyn))), tcp4(own, kTarget, kSyn));
  Verdict answer = red_answers(own);
  EXPECT_EQ(answer.reason, "mesh_to_client");
  EXPECT_EQ(answer.target_interface, index("mesh"));
  EXPECT_EQ(answer.frame, ethernet({mac_of("mesh"), Mac::from_ipv4(kRed)}, tcp4(door, program, kSyn | kAck)));
}

TEST_F(Mesh, other_ports_are_the_hosts) {
  EXPECT_EQ(reason("under", from_client(tcp4(kClient, {kHost, 22}, kSyn))), "underlay_other");
  EXPECT_EQ(reason("under", from_client(udp4(kClient, {kHost, 53}))), "underlay_other");
}

TEST_F(Mesh, only_hosts_of_the_swarm_bring_clients_and_only_to_the_ingress_network) {
  Bytes frame = ethernet({Mac::from_ipv4(kRed), kFarHostMac}, tcp4(kClient, kTarget, kSyn));
  EXPECT_EQ(reason("under", in_tunnel(frame, kNetwork.value, ip("192.0.2.66"))), "drop_unknown_host");
  ASSERT_TRUE(path_->clear_mesh().ok());
  EXPECT_EQ(reason("under", in_tunnel(frame)), "drop_foreign_source");
}

TEST_F(Mesh, a_larger_datagram_than_fits_is_answered_or_cut_by_the_stack) {
  set_backends({{kFar, 1}});
  hands_over(udp4(kClient, kDoor));
  EXPECT_EQ(reason("under", from_client(udp4(kClient, kDoor, Bytes(1460)))), "underlay_other");
  Verdict refused = arrives(udp4(kClient, kDoor, Bytes(1460), 0x4000));
  EXPECT_EQ(refused.reason, "too_big_answered");
  EXPECT_EQ(read16(refused.frame, 14 + 20 + 6), 1450u);
}

TEST_F(Mesh, fragments_follow_their_first_one_both_ways) {
  Bytes asked = part(udp4(kClient, kDoor, Bytes(64)), 20), answered = part(udp4(kTarget, kClient, Bytes(64)), 20);
  Bytes first = ipv4({kClient.address, kHost, 17, 0x2000}, part(asked, 0, 40));
  Bytes second = ipv4({kClient.address, kHost, 17, 5}, part(asked, 40));
  EXPECT_EQ(hands_over(second).reason, "drop_fragment");
  EXPECT_EQ(hands_over(first).reason, "mesh_to_local");
  EXPECT_EQ(inner(hands_over(second)), ipv4({kClient.address, kRed, 17, 5}, part(asked, 40)));

  Bytes back = ipv4({kRed, kClient.address, 17, 0x2000}, part(answered, 0, 40));
  Bytes rest = ipv4({kRed, kClient.address, 17, 5}, part(answered, 40));
  EXPECT_EQ(verdict("red", framed(kRed, ip("10.0.1.1"), back)).reason, "mesh_to_client");
  Verdict followed = verdict("red", framed(kRed, ip("10.0.1.1"), rest));
  EXPECT_EQ(followed.reason, "mesh_to_client");
  EXPECT_EQ(inner(followed), ipv4({kHost, kClient.address, 17, 5}, part(answered, 40)));
}

TEST_F(Mesh, an_error_about_an_answer_reaches_the_backend_and_the_other_way_round) {
  hands_over(udp4(kClient, kDoor));
  const Ipv4 router = ip("198.51.100.254");
  Verdict told = arrives(error_packet(router, kHost, 4, udp4(kDoor, kClient)));
  EXPECT_EQ(told.reason, "mesh_to_local");
  Bytes about = udp4(kTarget, kClient);
  EXPECT_EQ(part(inner(told), 0, 28), part(error_packet(router, kRed, 4, about), 0, 20) + part(inner(told), 20, 8));
  EXPECT_EQ(part(inner(told), 28, 24), part(about, 0, 24));
  EXPECT_EQ(internet_checksum(part(inner(told), 20)), 0);

  Bytes refusal = error_packet(kRed, kClient.address, 3, udp4(kClient, kTarget));
  Verdict refused = verdict("red", framed(kRed, ip("10.0.1.1"), refusal));
  EXPECT_EQ(refused.reason, "mesh_to_client");
  EXPECT_EQ(part(inner(refused), 12, 8), big32(kHost.value) + big32(kClient.address.value));
  EXPECT_EQ(part(inner(refused), 28, 24), part(udp4(kClient, kDoor), 0, 24));
  EXPECT_EQ(internet_checksum(part(inner(refused), 20)), 0);
}

TEST_F(Mesh, what_the_tables_hold_is_read_back) {
  plan::MeshPort of_address{6, IpAddress::from(kHost), 443};
  ASSERT_TRUE(path_->set_ports({{of_address, {kNetwork, kVip, 8443}}}, {{17, {}, 8080}}).ok());
  DataPathState seen = path_->observe().value();
  EXPECT_EQ(seen.mesh, (plan::MeshHost{kNetwork, kOwn, 0}));
  std::map<plan::MeshPort, plan::MeshTarget> ports = {{{6, {}, 8080}, {kNetwork, kVip, 80}},
                                                      {of_address, {kNetwork, kVip, 8443}}};
  EXPECT_EQ(seen.ports, ports);
  EXPECT_EQ(hands_over(tcp4(kClient, {kHost, 443}, kSyn)).reason, "mesh_to_local");
  EXPECT_EQ(hands_over(tcp4(kClient, {ip("192.0.2.7"), 443}, kSyn)).reason, "mesh_reset");
}

}  // namespace
}  // namespace skein::kernel::testing
