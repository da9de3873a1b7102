// Flows of a container to a virtual address and their answers: packet in, packet out.
#include "kernel/testing/service_host.h"

namespace skein::kernel::testing {
namespace {

TEST_F(Service, flows_take_turns_and_each_keeps_its_backend) {
  std::map<Ipv4, int> flows;
  for (uint16_t port = 40000; port < 40010; ++port) {
    Ipv4 first = target_of(red_sends(udp_packet(kRed, kVip, {port, 53})));
    for (int again = 0; again < 3; ++again) EXPECT_EQ(target_of(red_sends(udp_packet(kRed, kVip, {port, 53}))), first);
    ++flows[first];
  }
  EXPECT_EQ(flows, (std::map<Ipv4, int>{{kBlue, 5}, {kFar, 5}}));
  EXPECT_EQ(count("service_flow"), 10u);
}

// The client's own address arrives, and every checksum is right without the receiver's looking away.
TEST_F(Service, only_the_target_changes_on_the_way_to_a_backend_here) {
  uint16_t port = tcp_flow_to(kBlue);
  Verdict result = red_sends(tcp_packet(kRed, kVip, {port, 80}, kAck, Bytes(100, 'x')));
  EXPECT_EQ(result.reason, "to_local");
  EXPECT_EQ(result.target_interface, index("blue"));
  EXPECT_EQ(result.frame, framed(kRed, kBlue, tcp_packet(kRed, kBlue, {port, 80}, kAck, Bytes(100, 'x'))));
}

TEST_F(Service, only_the_target_changes_on_the_way_to_a_backend_elsewhere) {
  uint16_t port = tcp_flow_to(kFar);
  Verdict result = red_sends(tcp_packet(kRed, kVip, {port, 80}, kAck, Bytes(100, 'x')));
  EXPECT_EQ(result.reason, "to_remote");
  EXPECT_EQ(part(result.frame, 50), framed(kRed, kFar, tcp_packet(kRed, kFar, {port, 80}, kAck, Bytes(100, 'x'))));
}

TEST_F(Service, answers_come_from_the_virtual_address) {
  uint16_t near = tcp_flow_to(kBlue), far = tcp_flow_to(kFar);
  Verdict result = blue_sends(tcp_packet(kBlue, kRed, {80, near}, kSyn | kAck));
  EXPECT_EQ(result.reason, "to_local");
  EXPECT_EQ(packet_of(result), tcp_packet(kVip, kRed, {80, near}, kSyn | kAck));
  result = far_sends(tcp_packet(kFar, kRed, {80, far}, kSyn | kAck));
  EXPECT_EQ(result.reason, "from_remote");
  EXPECT_EQ(packet_of(result), tcp_packet(kVip, kRed, {80, far}, kSyn | kAck));
}

TEST_F(Service, udp_and_ping_go_there_and_back) {
  for (Ipv4 backend : {kBlue, kFar}) {
    uint16_t port = udp_flow_to(backend);
    EXPECT_EQ(packet_of(red_sends(udp_packet(kRed, kVip, {port, 53}))), udp_packet(kRed, backend, {port, 53}));
    Bytes answer = udp_packet(backend, kRed, {53, port});
    EXPECT_EQ(packet_of(backend == kBlue ? blue_sends(answer) : far_sends(answer)), udp_packet(kVip, kRed, {53, port}));
  }
  for (uint16_t id : {7, 8}) {
    Verdict asked = red_sends(echo_packet(kRed, kVip, 8, id));
    Ipv4 backend = target_of(asked);
    EXPECT_EQ(packet_of(asked), echo_packet(kRed, backend, 8, id));
    Bytes answer = echo_packet(backend, kRed, 0, id);
    EXPECT_EQ(packet_of(backend == kBlue ? blue_sends(answer) : far_sends(answer)), echo_packet(kVip, kRed, 0, id));
  }
}

TEST_F(Service, a_udp_checksum_of_zero_means_none_and_stays) {
  Bytes sent = ipv4({kRed, kVip}, udp(40000, 53, Bytes(20)));
  Verdict result = red_sends(sent);
  EXPECT_EQ(packet_of(result), ipv4({kRed, target_of(result)}, udp(40000, 53, Bytes(20))));
}

// CRC32c covers no addresses; other protocols are led as a whole.
TEST_F(Service, sctp_and_protocols_without_ports_are_led_as_they_are) {
  Bytes chunk = big16(5000) + big16(6000) + Bytes(24, 's');
  for (uint8_t protocol : {132, 47}) {
    Verdict result = red_sends(ipv4({kRed, kVip, protocol}, chunk));
    EXPECT_EQ(packet_of(result), ipv4({kRed, target_of(result), protocol}, chunk));
  }
}

TEST_F(Service, what_is_not_an_answer_keeps_its_source) {
  uint16_t port = tcp_flow_to(kBlue);
  Bytes other_port = tcp_packet(kBlue, kRed, {81, port}, kSyn | kAck), direct = udp_packet(kBlue, kRed, {80, port});
  EXPECT_EQ(packet_of(blue_sends(other_port)), other_port);
  EXPECT_EQ(packet_of(blue_sends(direct)), direct);
  uint16_t far = tcp_flow_to(kFar);
  Bytes wrong_backend = tcp_packet(kBlue, kRed, {80, far}, kSyn | kAck);
  EXPECT_EQ(packet_of(blue_sends(wrong_backend)), wrong_backend);
}

// Both would have the same answers.
TEST_F(Service, a_direct_connection_from_the_same_port_gets_its_answers_untouched) {
  uint16_t port = tcp_flow_to(kBlue);
  Bytes direct = tcp_packet(kRed, kBlue, {port, 80}, kSyn);
  EXPECT_EQ(packet_of(red_sends(direct, kBlue)), direct);
  Bytes answer = tcp_packet(kBlue, kRed, {80, port}, kSyn | kAck);
  EXPECT_EQ(packet_of(blue_sends(answer)), answer);
}

TEST_F(Service, arp_for_the_virtual_address_is_answered_with_or_without_backends) {
  for (bool has_backends : {true, false}) {
    if (!has_backends) set_backends({});
    Arp request{1, mac("10.0.1.2"), kRed, {}, kVip};
    Verdict result = verdict("red", ethernet({kBroadcast, mac("10.0.1.2"), 0x0806}, arp(request)));
    EXPECT_EQ(result.reason, "arp_answered");
    Mac virtual_mac = Mac::from_ipv4(kVip);
    EXPECT_EQ(result.frame,
              ethernet({mac("10.0.1.2"), virtual_mac, 0x0806}, arp({2, virtual_mac, kVip, mac("10.0.1.2"), kRed})));
  }
}

// However many datagrams a container sends, a connection that says nothing for hours must find its backend.
TEST_F(Service, datagrams_do_not_push_out_established_connections) {
  uint16_t port = tcp_flow_to(kFar);
  red_sends(tcp_packet(kRed, kVip, {port, 80}, kAck));
  for (uint32_t i = 0; i < 80000; ++i) {
    Bytes frame =
        framed(kRed, kVip, udp_packet(kRed, kVip, {static_cast<uint16_t>(i), static_cast<uint16_t>(53 + (i >> 16))}));
    ASSERT_TRUE(path_->try_packet(index("red"), frame).ok());
  }
  EXPECT_EQ(target_of(red_sends(tcp_packet(kRed, kVip, {port, 80}, kAck))), kFar);
}

TEST_F(Service, a_silent_backend_keeps_its_connections_and_its_datagrams_are_led_elsewhere) {
  uint16_t connection = tcp_flow_to(kFar), datagrams = udp_flow_to(kFar);
  is_far_silent_ = true;
  set_backends({{kBlue, 1}, {kFar, 0}});
  EXPECT_TRUE(path_->observe()->endpoints.at({kNetwork, kFar}).yields_datagrams);
  EXPECT_EQ(target_of(red_sends(udp_packet(kRed, kVip, {datagrams, 53}))), kBlue);
  EXPECT_EQ(target_of(red_sends(tcp_packet(kRed, kVip, {connection, 80}, kAck))), kFar);
  is_far_silent_ = false;
  set_backends({{kBlue, 1}, {kFar, 1}});
  EXPECT_EQ(target_of(red_sends(udp_packet(kRed, kVip, {datagrams, 53}))), kBlue) << "it is not led back";
}

TEST_F(Service, a_draining_backend_keeps_its_flows_and_gets_no_new_ones) {
  uint16_t tcp_port = tcp_flow_to(kBlue), udp_port = udp_flow_to(kBlue);
  red_sends(tcp_packet(kRed, kVip, {tcp_port, 80}, kAck));
  set_backends({{kBlue, 0}, {kFar, 1}});
  EXPECT_EQ(target_of(red_sends(tcp_packet(kRed, kVip, {tcp_port, 80}, kAck))), kBlue);
  EXPECT_EQ(target_of(red_sends(udp_packet(kRed, kVip, {udp_port, 53}))), kBlue);
  for (uint16_t port = 41000; port < 41006; ++port)
    EXPECT_EQ(target_of(red_sends(tcp_packet(kRed, kVip, {port, 80}, kSyn))), kFar);
  // The same ports again are a new connection.
  EXPECT_EQ(target_of(red_sends(tcp_packet(kRed, kVip, {tcp_port, 80}, kSyn))), kFar);
}

TEST_F(Service, a_repeated_syn_is_no_new_connection) {
  for (uint16_t port = 40000; port < 40004; ++port) {
    Ipv4 first = target_of(red_sends(tcp_packet(kRed, kVip, {port, 80}, kSyn)));
    EXPECT_EQ(target_of(red_sends(tcp_packet(kRed, kVip, {port, 80}, kSyn))), first);
  }
}

// Silence would keep clients waiting for minutes.
TEST_F(Service, connections_to_a_backend_that_is_gone_are_reset) {
  uint16_t port = tcp_flow_to(kFar);
  red_sends(tcp_packet(kRed, kVip, {port, 80}, kAck));
  set_backends({{kBlue, 1}});
  Verdict result = red_sends(tcp_packet(kRed, kVip, {port, 80}, kAck, Bytes(100)));
  EXPECT_EQ(result.reason, "service_reset");
  EXPECT_EQ(result.target_interface, index("red"));
  Bytes packet = packet_of(result);
  EXPECT_EQ(part(result.frame, 0, 14), ethernet({mac("10.0.1.2"), mac("10.0.1.100")}, {}));
  ASSERT_EQ(packet.size(), 40u);
  EXPECT_EQ(internet_checksum(part(packet, 0, 20)), 0);
  EXPECT_EQ(transport_checksum({kVip, kRed, 6}, part(packet, 20)), 0);
  EXPECT_EQ(part(packet, 12, 12), big32(kVip.value) + big32(kRed.value) + big16(80) + big16(port));
  EXPECT_EQ(read32(packet, 24), 2000u);
  EXPECT_EQ(packet[33], kRst);
}

TEST_F(Service, datagrams_turn_to_another_backend_when_theirs_is_gone) {
  uint16_t port = udp_flow_to(kFar);
  set_backends({{kBlue, 1}});
  EXPECT_EQ(target_of(red_sends(udp_packet(kRed, kVip, {port, 53}))), kBlue);
}

TEST_F(Service, without_backends_clients_are_told_at_once) {
  set_backends({});
  Verdict result = red_sends(tcp_packet(kRed, kVip, {40000, 80}, kSyn));
  EXPECT_EQ(result.reason, "service_reset");
  Bytes packet = packet_of(result);
  EXPECT_EQ(part(packet, 24, 10), big32(0) + big32(1001) + Bytes({0x50, kRst | kAck}));
  EXPECT_EQ(transport_checksum({kVip, kRed, 6}, part(packet, 20)), 0);
  EXPECT_EQ(red_sends(tcp_packet(kRed, kVip, {40000, 80}, kRst)).reason, "drop_no_backend");

  struct {
    Bytes sent;
    uint8_t code;
  } cases[] = {{udp_packet(kRed, kVip, {40000, 53}, Bytes(1)), 3}, {echo_packet(kRed, kVip, 8), 1}};
  for (const auto& [sent, code] : cases) {
    result = red_sends(sent);
    EXPECT_EQ(result.reason, "service_unreachable");
    packet = packet_of(result);
    EXPECT_EQ(part(packet, 12, 8), big32(kVip.value) + big32(kRed.value));
    EXPECT_EQ(internet_checksum(part(packet, 20)), 0);
    EXPECT_EQ(part(packet, 20, 2), (Bytes{3, code}));
    EXPECT_EQ(part(packet, 28), part(sent, 0, 28));
  }
  EXPECT_EQ(red_sends(error_packet(kRed, kVip, 3, udp_packet(kVip, kRed, {53, 40000}))).reason, "drop_no_backend");
}

// A new list may come before the endpoints that it names, or after they are gone.
TEST_F(Service, a_backend_whose_endpoint_says_otherwise_gets_no_flows) {
  auto endpoints = entries();
  endpoints.at({kNetwork, kFar}).service = kVip;
  ASSERT_TRUE(path_->set_endpoints(endpoints, {}).ok());
  for (uint16_t port = 40000; port < 40004; ++port)
    EXPECT_EQ(target_of(red_sends(udp_packet(kRed, kVip, {port, 53}))), kFar);
}

TEST_F(Service, an_unknown_address_stays_unknown) {
  ASSERT_TRUE(path_->set_services({}, {{kNetwork, kVip}}).ok());
  EXPECT_EQ(red_sends(udp_packet(kRed, kVip, {40000, 53})).reason, "drop_unknown_destination");
}

TEST_F(Service, errors_about_a_flow_reach_the_client_in_its_own_terms) {
  for (Ipv4 backend : {kBlue, kFar}) {
    uint16_t port = udp_flow_to(backend);
    Bytes error = error_packet(backend, kRed, 3, udp_packet(kRed, backend, {port, 53}));
    Bytes arrived = packet_of(backend == kBlue ? blue_sends(error) : far_sends(error));
    EXPECT_EQ(part(arrived, 0, 48), part(error_packet(kVip, kRed, 3, udp_packet(kRed, kVip, {port, 53})), 0, 22) +
                                        part(arrived, 22, 26));  // the checksum is looked at below
    EXPECT_EQ(part(arrived, 28, 20), part(udp_packet(kRed, kVip, {port, 53}), 0, 20));
    EXPECT_EQ(internet_checksum(part(arrived, 0, 20)), 0);
    EXPECT_EQ(internet_checksum(part(arrived, 20)), 0);
  }
}

TEST_F(Service, errors_of_the_client_reach_the_backend_in_its_own_terms) {
  uint16_t port = udp_flow_to(kBlue);
  Bytes arrived = packet_of(red_sends(error_packet(kRed, kVip, 3, udp_packet(kVip, kRed, {53, port}))));
  EXPECT_EQ(part(arrived, 12, 8), big32(kRed.value) + big32(kBlue.value));
  EXPECT_EQ(part(arrived, 28, 20), part(udp_packet(kBlue, kRed, {53, port}), 0, 20));
  EXPECT_EQ(internet_checksum(part(arrived, 20)), 0);
}

TEST_F(Service, what_is_too_big_is_answered_in_the_name_of_the_virtual_address) {
  uint16_t port = tcp_flow_to(kFar);
  Bytes sent = tcp_packet(kRed, kVip, {port, 80}, kAck, Bytes(1411));
  Verdict result = red_sends(sent);
  EXPECT_EQ(result.reason, "too_big_answered");
  Bytes packet = packet_of(result);
  EXPECT_EQ(part(packet, 12, 8), big32(kVip.value) + big32(kRed.value));
  EXPECT_EQ(part(packet, 28, 20), part(sent, 0, 20));
  EXPECT_EQ(internet_checksum(part(packet, 20)), 0);
}

TEST_F(Service, fragments_follow_the_first_one_both_ways) {
  Bytes datagram = part(udp_packet(kRed, kVip, {40000, 53}, Bytes(1992, 'f')), 20);
  auto fragments = [&](Ipv4 source, Ipv4 target, const Bytes& payload) {
    return std::vector{ipv4({source, target, 17, 0x2000}, part(payload, 0, 1000)),
                       ipv4({source, target, 17, 125}, part(payload, 1000))};
  };
  std::vector<Bytes> sent = fragments(kRed, kVip, datagram);
  EXPECT_EQ(red_sends(sent[1]).reason, "drop_fragment");
  Verdict first = red_sends(sent[0]), second = red_sends(sent[1]);
  Ipv4 backend = target_of(first);
  std::vector<Bytes> wanted =
      fragments(kRed, backend, part(udp_packet(kRed, backend, {40000, 53}, Bytes(1992, 'f')), 20));
  EXPECT_EQ(packet_of(first), wanted[0]);
  EXPECT_EQ(packet_of(second), wanted[1]);

  auto answer = [&](const Bytes& packet) {
    return packet_of(backend == kBlue ? blue_sends(packet) : far_sends(packet));
  };
  sent = fragments(backend, kRed, part(udp_packet(backend, kRed, {53, 40000}, Bytes(1992, 'g')), 20));
  wanted = fragments(kVip, kRed, part(udp_packet(kVip, kRed, {53, 40000}, Bytes(1992, 'g')), 20));
  EXPECT_EQ(answer(sent[1]), sent[1]);  // may be of a datagram that is no answer
  EXPECT_EQ(answer(sent[0]), wanted[0]);
  EXPECT_EQ(answer(sent[1]), wanted[1]);
}

// Its own address as source would be refused by its stack.
TEST_F(Service, a_container_that_is_led_to_itself_talks_to_the_virtual_address) {
  set_backends({{kRed, 1}});
  Verdict result = red_sends(tcp_packet(kRed, kVip, {40000, 80}, kSyn));
  EXPECT_EQ(result.reason, "to_local");
  EXPECT_EQ(result.target_interface, index("red"));
  EXPECT_EQ(packet_of(result), tcp_packet(kVip, kRed, {40000, 80}, kSyn));
  EXPECT_EQ(packet_of(red_sends(tcp_packet(kRed, kVip, {80, 40000}, kSyn | kAck))),
            tcp_packet(kVip, kRed, {80, 40000}, kSyn | kAck));
  EXPECT_EQ(packet_of(red_sends(tcp_packet(kRed, kVip, {40000, 80}, kAck))), tcp_packet(kVip, kRed, {40000, 80}, kAck));

  EXPECT_EQ(packet_of(red_sends(udp_packet(kRed, kVip, {40000, 53}))), udp_packet(kVip, kRed, {40000, 53}));
  Bytes refused = error_packet(kRed, kVip, 3, udp_packet(kVip, kRed, {40000, 53}));
  EXPECT_EQ(packet_of(red_sends(refused)), error_packet(kVip, kRed, 3, udp_packet(kRed, kVip, {40000, 53})));
}

TEST_F(Service, networks_with_the_same_virtual_address_do_not_meet) {
  EndpointConfig other = red();
  other.vni = Vni{4098};
  ASSERT_TRUE(path_->attach_endpoint(index("red"), other).ok());
  EXPECT_EQ(red_sends(udp_packet(kRed, kVip, {40000, 53})).reason, "drop_unknown_destination");
}

// ---- the daemon's side

TEST_F(Service, what_was_written_is_read_back_and_adopted) {
  plan::ServiceEntry weighted{plan::Balance::kLeastConnections, {{kBlue, 3}, {kFar, 0}}};
  ASSERT_TRUE(path_->set_services({{{kNetwork, kVip}, weighted}}, {}).ok());
  uint16_t port = udp_flow_to(kBlue);
  load();
  EXPECT_EQ(path_->observe()->services,
            (std::map<plan::EndpointKey, plan::ServiceEntry>{{{kNetwork, kVip}, weighted}}));
  EXPECT_EQ(path_->observe()->endpoints.at({kNetwork, kFar}).service, kVip);
  set_backends({{kBlue, 0}, {kFar, 1}});
  EXPECT_EQ(target_of(red_sends(udp_packet(kRed, kVip, {port, 53}))), kBlue);
}

TEST_F(Service, shorter_lists_and_removed_services_leave_nothing_behind) {
  set_backends({{kBlue, 1}});
  EXPECT_EQ(path_->observe()->services.at({kNetwork, kVip}).backends, (std::vector<BackendEntry>{{kBlue, 1}}));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(path_->set_services({}, {{kNetwork, kVip}}).ok());
  EXPECT_TRUE(path_->observe()->services.empty());
}

TEST_F(Service, ten_thousand_services_are_a_matter_of_one_call) {
  std::map<plan::EndpointKey, plan::ServiceEntry> many;
  for (uint32_t i = 0; i < 10000; ++i)
    many[{kNetwork, Ipv4{ip("10.1.0.0").value + i}}].backends = {{Ipv4{ip("10.2.0.0").value + 2 * i}},
                                                                 {Ipv4{ip("10.2.0.1").value + 2 * i}}};
  ASSERT_TRUE(path_->set_services(many, {}).ok());
  many[{kNetwork, kVip}].backends = {{kBlue, 1}, {kFar, 1}};
  EXPECT_EQ(path_->observe()->services, many);
}

}  // namespace
}  // namespace skein::kernel::testing
