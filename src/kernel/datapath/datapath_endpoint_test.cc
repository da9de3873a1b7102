// What the program at a container's veth does with each kind of frame: packet in, packet out.
#include "kernel/testing/data_path_host.h"

namespace skein::kernel::testing {
namespace {

using Action = Verdict::Action;

class FromContainer : public DataPathHost {};

TEST_F(FromContainer, a_packet_for_a_neighbour_on_this_host_goes_straight_into_its_veth) {
  Bytes sent = from_red(ip("10.0.1.3"), udp(1, 2, Bytes(60)));
  Verdict result = verdict("red", sent);
  EXPECT_EQ(result.action, Action::kRedirect);
  EXPECT_EQ(result.reason, "to_local");
  EXPECT_EQ(result.target_interface, index("blue"));
  EXPECT_EQ(result.frame, sent);
}

TEST_F(FromContainer, a_stale_neighbour_entry_of_the_container_is_corrected) {
  Bytes packet = ipv4({ip("10.0.1.2"), ip("10.0.1.3")}, udp(1, 2, Bytes(60)));
  Verdict result = verdict("red", ethernet({mac("10.0.1.77"), mac("10.0.1.2")}, packet));
  EXPECT_EQ(result.frame, ethernet({mac("10.0.1.3"), mac("10.0.1.2")}, packet));
}

TEST_F(FromContainer, a_packet_for_another_host_becomes_plain_vxlan) {
  Bytes sent = from_red(ip("10.0.1.4"), udp(1, 2, Bytes(60)));
  Verdict result = verdict("red", sent);
  EXPECT_EQ(result.reason, "to_remote");
  EXPECT_EQ(result.target_interface, index("under"));
  ASSERT_EQ(result.frame.size(), sent.size() + 50);
  EXPECT_EQ(part(result.frame, 0, 14), ethernet({kFarHostMac, under_mac_}, {}));
  Bytes outer_ip = part(result.frame, 14, 20);
  EXPECT_EQ(internet_checksum(outer_ip), 0);
  EXPECT_EQ(part(outer_ip, 0, 10),
            Bytes({0x45, 0}) + big16(sent.size() + 36) + big16(0) + big16(0x4000) + Bytes({64, 17}));
  EXPECT_EQ(part(outer_ip, 12), big32(ip("192.0.2.1").value) + big32(ip("192.0.2.2").value));
  EXPECT_GE(read16(result.frame, 34), 49152u);
  EXPECT_EQ(part(result.frame, 36, 14),
            big16(4789) + big16(sent.size() + 16) + big16(0) + part(vxlan(kNetwork.value, {}), 0, 8));
  EXPECT_EQ(part(result.frame, 50), sent);
}

TEST_F(FromContainer, flows_are_spread_over_source_ports_and_each_keeps_its_own) {
  std::set<uint32_t> ports;
  for (uint16_t flow = 1; flow <= 20; ++flow)
    for (int again = 0; again < 2; ++again)
      ports.insert(read16(verdict("red", from_red(ip("10.0.1.4"), udp(flow, 80, Bytes(20)))).frame, 34));
  EXPECT_GT(ports.size(), 15u);
  EXPECT_LE(ports.size(), 20u);
}

TEST_F(FromContainer, an_unresolved_next_hop_is_left_to_the_kernel) {
  plan::HostPath path{index("under"), ip("192.0.2.1"), under_mac_, std::nullopt, 1500};
  ASSERT_TRUE(path_->set_hosts({{ip("192.0.2.2"), path}}, {}).ok());
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.4"), udp(1, 2, {}))), "to_remote_slow");
}

TEST_F(FromContainer, a_host_without_a_path_is_no_destination) {
  ASSERT_TRUE(path_->set_hosts({}, {ip("192.0.2.2")}).ok());
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.4"), udp(1, 2, {}))), "drop_no_path");
}

TEST_F(FromContainer, a_packet_that_fits_exactly_is_sent_and_one_byte_more_is_answered_by_icmp) {
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.4"), Bytes(1430))), "to_remote");
  Bytes sent = from_red(ip("10.0.1.4"), tcp(Bytes(1411)), 6);
  Verdict result = verdict("red", sent);
  EXPECT_EQ(result.reason, "too_big_answered");
  EXPECT_EQ(result.target_interface, index("red"));
  EXPECT_EQ(part(result.frame, 0, 14), ethernet({mac("10.0.1.2"), mac("10.0.1.4")}, {}));
  Bytes header = part(result.frame, 14, 20), message = part(result.frame, 34);
  EXPECT_EQ(internet_checksum(header), 0);
  EXPECT_EQ(read16(header, 2), header.size() + message.size());
  EXPECT_EQ(part(header, 12), big32(ip("10.0.1.4").value) + big32(ip("10.0.1.2").value));
  EXPECT_EQ(internet_checksum(message), 0);
  EXPECT_EQ(part(message, 0, 2), Bytes({3, 4}));
  EXPECT_EQ(read16(message, 6), 1450u);
  EXPECT_EQ(part(message, 8), part(sent, 14, 40));
}

TEST_F(FromContainer, the_answer_names_the_mtu_of_the_path_and_quotes_ip_options) {
  plan::HostPath path{index("under"), ip("192.0.2.1"), under_mac_, kFarHostMac, 1400};
  ASSERT_TRUE(path_->set_hosts({{ip("192.0.2.2"), path}}, {}).ok());
  Bytes packet = ipv4({ip("10.0.1.2"), ip("10.0.1.4"), 6}, Bytes(8, 1) + tcp(Bytes(1400)));
  packet[0] = 0x47;  // the first 8 bytes are options
  Bytes answer = verdict("red", ethernet({mac("10.0.1.4"), mac("10.0.1.2")}, packet)).frame;
  EXPECT_EQ(read16(answer, 40), 1350u);
  EXPECT_EQ(part(answer, 42), part(packet, 0, 48));
  EXPECT_EQ(internet_checksum(part(answer, 34)), 0);
}

TEST_F(FromContainer, errors_and_later_fragments_get_no_error) {
  Bytes icmp_error = Bytes{3, 1} + Bytes(1500);
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.4"), icmp_error, 1)), "drop_too_big");
  Bytes echo = Bytes{8, 0} + Bytes(1500);
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.4"), echo, 1)), "too_big_answered");
  Bytes fragment = ipv4({ip("10.0.1.2"), ip("10.0.1.4"), 17, 100}, Bytes(1500));
  EXPECT_EQ(reason("red", ethernet({mac("10.0.1.4"), mac("10.0.1.2")}, fragment)), "drop_too_big");
}

TEST_F(FromContainer, foreign_sources_are_stopped_at_the_first_interface) {
  Bytes payload = udp(1, 2, Bytes(20));
  Bytes foreign_mac = ethernet({mac("10.0.1.3"), mac("10.0.1.9")}, ipv4({ip("10.0.1.2"), ip("10.0.1.3")}, payload));
  Bytes foreign_address = ethernet({mac("10.0.1.3"), mac("10.0.1.2")}, ipv4({ip("10.0.1.3"), ip("10.0.1.3")}, payload));
  Bytes no_address = ethernet({mac("10.0.1.3"), mac("10.0.1.2")}, ipv4({{}, ip("10.0.1.3")}, payload));
  for (const Bytes& frame : {foreign_mac, foreign_address, no_address}) EXPECT_EQ(reason("red", frame), "drop_spoofed");
  Bytes asks_for_address = ethernet({kBroadcast, mac("10.0.1.2")}, ipv4({{}, {~0u}}, udp(68, 67, Bytes(20))));
  EXPECT_EQ(reason("red", asks_for_address), "flooded");
}

TEST_F(FromContainer, what_is_not_of_the_network_goes_to_the_stack_of_the_host) {
  for (const char* target : {"8.8.8.8", "10.0.1.1"}) {
    Bytes packet = ipv4({ip("10.0.1.2"), ip(target)}, udp(1, 53, Bytes(20)));
    Verdict result = verdict("red", ethernet({mac("10.0.1.1"), mac("10.0.1.2")}, packet));
    EXPECT_EQ(result.action, Action::kPass);
    EXPECT_EQ(result.reason, "to_host");
    EXPECT_EQ(result.frame, ethernet({red_mac_, mac("10.0.1.2")}, packet));
  }
}

TEST_F(FromContainer, nothing_leaves_an_internal_network) {
  EndpointConfig config = red();
  config.is_internal = true;
  ASSERT_TRUE(path_->attach_endpoint(index("red"), config).ok());
  EXPECT_EQ(reason("red", from_red(ip("8.8.8.8"), udp(1, 53, {}))), "drop_internal");
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.1"), udp(1, 53, {}))), "drop_internal");
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.3"), udp(1, 53, {}))), "to_local");
}

TEST_F(FromContainer, an_address_that_nobody_has_is_named_as_such) {
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.99"), udp(1, 2, {}))), "drop_unknown_destination");
}

TEST_F(FromContainer, arp_is_answered_for_every_endpoint_and_the_gateway) {
  struct {
    const char* asked;
    Mac answer;
  } cases[] = {{"10.0.1.3", mac("10.0.1.3")}, {"10.0.1.4", mac("10.0.1.4")}, {"10.0.1.1", red_mac_}};
  for (const auto& [asked, answer] : cases) {
    Arp request{1, mac("10.0.1.2"), ip("10.0.1.2"), {}, ip(asked)};
    Verdict result = verdict("red", ethernet({kBroadcast, mac("10.0.1.2"), 0x0806}, arp(request)));
    EXPECT_EQ(result.reason, "arp_answered");
    EXPECT_EQ(result.target_interface, index("red"));
    Arp reply{2, answer, ip(asked), mac("10.0.1.2"), ip("10.0.1.2")};
    EXPECT_EQ(result.frame, ethernet({mac("10.0.1.2"), answer, 0x0806}, arp(reply)));
  }
}

TEST_F(FromContainer, arp_that_claims_or_asks_nonsense_has_no_effect) {
  auto told = [&](Arp message) { return reason("red", ethernet({kBroadcast, mac("10.0.1.2"), 0x0806}, arp(message))); };
  Mac own = mac("10.0.1.2");
  EXPECT_EQ(told({1, own, ip("10.0.1.2"), {}, ip("10.0.1.99")}), "drop_arp_unknown");
  EXPECT_EQ(told({1, own, ip("10.0.1.2"), {}, ip("10.0.1.2")}), "drop_arp_ignored");  // gratuitous
  EXPECT_EQ(told({1, own, {}, {}, ip("10.0.1.2")}), "drop_arp_ignored");              // probe of the own address
  EXPECT_EQ(told({1, own, {}, {}, ip("10.0.1.3")}), "arp_answered");                  // probe of a neighbour's: in use
  EXPECT_EQ(told({2, own, ip("10.0.1.2"), own, ip("10.0.1.3")}), "drop_arp_ignored");
  EXPECT_EQ(told({1, own, ip("10.0.1.3"), {}, ip("10.0.1.4")}), "drop_spoofed");
  EXPECT_EQ(told({1, mac("10.0.1.3"), ip("10.0.1.2"), {}, ip("10.0.1.4")}), "drop_spoofed");
  Bytes reply_to_host = ethernet({red_mac_, own, 0x0806}, arp({2, own, ip("10.0.1.2"), red_mac_, ip("192.0.2.1")}));
  EXPECT_EQ(reason("red", reply_to_host), "to_host");
  Bytes cut = ethernet({kBroadcast, own, 0x0806}, Bytes(10));
  EXPECT_EQ(reason("red", cut), "drop_malformed");
}

TEST_F(FromContainer, broadcast_and_multicast_reach_everybody_but_the_sender) {
  for (const Bytes& frame : {from_red({~0u}, udp(1, 2, {})), from_red(ip("239.1.2.3"), udp(1, 2, Bytes(1400))),
                             ethernet({kBroadcast, mac("10.0.1.2"), 0x86dd}, Bytes{0x60} + Bytes(60))}) {
    uint64_t local = count("copy_to_local"), remote = count("copy_to_remote");
    EXPECT_EQ(reason("red", frame), "flooded");
    EXPECT_EQ(count("copy_to_local"), local + 1);  // blue
    EXPECT_EQ(count("copy_to_remote"), remote + 1);
  }
  EXPECT_EQ(count("copy_failed"), 0u);
}

TEST_F(FromContainer, copies_that_cannot_be_sent_are_counted_and_stop_no_other) {
  plan::HostPath unresolved{index("under"), ip("192.0.2.1"), under_mac_, std::nullopt, 1500};
  plan::HostPath narrow{index("under"), ip("192.0.2.1"), under_mac_, kFarHostMac, 1000};
  plan::HostPath good{index("under"), ip("192.0.2.1"), under_mac_, kFarHostMac, 1500};
  std::map<Ipv4, plan::HostPath> paths = {
      {ip("192.0.2.3"), unresolved}, {ip("192.0.2.4"), narrow}, {ip("192.0.2.9"), good}};
  ASSERT_TRUE(path_->set_hosts(paths, {}).ok());
  std::set<Ipv4> hosts = {ip("192.0.2.3"), ip("192.0.2.4"), ip("192.0.2.5"), ip("192.0.2.9")};
  ASSERT_TRUE(path_->set_floods({{kNetwork, {{"blue"}, hosts}}}, {}).ok());
  EXPECT_EQ(reason("red", from_red(ip("239.1.2.3"), udp(1, 2, Bytes(1200)))), "flooded");
  EXPECT_EQ(count("copy_failed"), 3u);
  EXPECT_EQ(count("copy_to_remote"), 1u);
  EXPECT_EQ(count("copy_to_local"), 1u);
}

TEST_F(FromContainer, other_protocols_and_broken_headers_are_dropped) {
  EXPECT_EQ(reason("red", ethernet({mac("10.0.1.3"), mac("10.0.1.2"), 0x86dd}, Bytes{0x60} + Bytes(60))),
            "drop_protocol");
  EXPECT_EQ(reason("red", ethernet({mac("10.0.1.3"), mac("10.0.1.2"), 0x88cc}, Bytes(60))), "drop_protocol");
  Bytes bad_version = from_red(ip("10.0.1.3"), Bytes(20)), bad_length = bad_version;
  bad_version[14] = 0x65, bad_length[14] = 0x44;
  EXPECT_EQ(reason("red", bad_version), "drop_malformed");
  EXPECT_EQ(reason("red", bad_length), "drop_malformed");
}

TEST_F(FromContainer, networks_with_the_same_addresses_do_not_meet) {
  EndpointConfig other = red();
  other.vni = Vni{4098};
  ASSERT_TRUE(path_->attach_endpoint(index("red"), other).ok());
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.3"), udp(1, 2, {}))), "drop_unknown_destination");
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.4"), udp(1, 2, {}))), "drop_unknown_destination");
}

}  // namespace
}  // namespace skein::kernel::testing
