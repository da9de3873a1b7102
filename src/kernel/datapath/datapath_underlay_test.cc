// What the program on an underlay device does with each kind of packet: packet in, packet out.
#include "kernel/testing/data_path_host.h"

namespace skein::kernel::testing {
namespace {

using Action = Verdict::Action;

class FromUnderlay : public DataPathHost {};

TEST_F(FromUnderlay, a_tunnel_packet_is_stripped_and_goes_into_the_receivers_veth) {
  Bytes inner = from_far(ip("10.0.1.2"), udp(1, 2, Bytes(60)));
  Verdict result = verdict("under", in_tunnel(inner));
  EXPECT_EQ(result.action, Action::kRedirect);
  EXPECT_EQ(result.reason, "from_remote");
  EXPECT_EQ(result.target_interface, index("red"));
  EXPECT_EQ(result.frame, inner);
}

TEST_F(FromUnderlay, a_stale_destination_mac_of_the_sender_is_corrected) {
  Bytes packet = ipv4({ip("10.0.1.4"), ip("10.0.1.2")}, udp(1, 2, {}));
  Verdict result = verdict("under", in_tunnel(ethernet({mac("10.0.1.77"), mac("10.0.1.4")}, packet)));
  EXPECT_EQ(result.frame, ethernet({mac("10.0.1.2"), mac("10.0.1.4")}, packet));
}

TEST_F(FromUnderlay, all_that_is_not_ours_passes_untouched) {
  Bytes inner = from_far(ip("10.0.1.2"), udp(1, 2, Bytes(60)));
  Bytes tunnel = udp(50000, 4789, vxlan(kNetwork.value, inner));
  auto arrives = [&](Ipv4 target, uint8_t protocol, const Bytes& payload) {
    return ethernet({under_mac_, kFarHostMac}, ipv4({ip("192.0.2.2"), target, protocol}, payload));
  };
  Bytes for_another_mac = in_tunnel(inner);
  for_another_mac[5] ^= 1;
  const Bytes others[] = {
      arrives(ip("192.0.2.7"), 17, tunnel),  // another address of this host
      arrives(ip("192.0.2.1"), 17, udp(50000, 4790, vxlan(kNetwork.value, inner))),
      arrives(ip("192.0.2.1"), 6, tunnel),
      arrives(ip("192.0.2.1"), 17, udp(1, 4789, Bytes(5))),
      ethernet({under_mac_, kFarHostMac, 0x0806}, arp({1, kFarHostMac, ip("192.0.2.2"), {}, ip("192.0.2.1")})),
      ethernet({under_mac_, kFarHostMac, 0x86dd}, Bytes{0x60} + Bytes(100)),
      for_another_mac,
  };
  for (const Bytes& frame : others) {
    Verdict result = verdict("under", frame);
    EXPECT_EQ(result.action, Action::kPass);
    EXPECT_EQ(result.reason, "underlay_other");
    EXPECT_EQ(result.frame, frame);
  }
}

TEST_F(FromUnderlay, outside_a_swarm_tunnel_packets_are_the_stacks) {
  ASSERT_TRUE(path_->set_tunnel({}, 4789).ok());
  EXPECT_EQ(reason("under", in_tunnel(from_far(ip("10.0.1.2"), udp(1, 2, {})))), "underlay_other");
}

TEST_F(FromUnderlay, fragments_are_left_to_the_stack) {
  Bytes payload = udp(50000, 4789, vxlan(kNetwork.value, from_far(ip("10.0.1.2"), Bytes(60))));
  Bytes first = ethernet({under_mac_, kFarHostMac}, ipv4({ip("192.0.2.2"), ip("192.0.2.1"), 17, 0x2000}, payload));
  EXPECT_EQ(reason("under", first), "underlay_fragment");
}

TEST_F(FromUnderlay, networks_that_are_not_ours_are_left_to_other_users_of_the_port) {
  Bytes inner = from_far(ip("10.0.1.2"), udp(1, 2, {}));
  Verdict result = verdict("under", in_tunnel(inner, 4098));
  EXPECT_EQ(result.reason, "underlay_unknown_network");
  EXPECT_EQ(result.frame, in_tunnel(inner, 4098));
  Bytes request =
      ethernet({kBroadcast, mac("10.0.1.4"), 0x0806}, arp({1, mac("10.0.1.4"), ip("10.0.1.4"), {}, ip("10.0.1.2")}));
  EXPECT_EQ(reason("under", in_tunnel(request, 4098)), "underlay_unknown_network");
  EXPECT_EQ(reason("under", in_tunnel(from_far(ip("239.1.2.3"), {}), 4098)), "underlay_unknown_network");
}

TEST_F(FromUnderlay, strangers_and_borrowed_addresses_are_refused) {
  Bytes inner = from_far(ip("10.0.1.2"), udp(1, 2, {}));
  EXPECT_EQ(reason("under", in_tunnel(inner, kNetwork.value, ip("192.0.2.66"))), "drop_unknown_host");
  for (const char* borrowed : {"10.0.1.3", "10.0.1.99", "8.8.8.8", "0.0.0.0"})
    EXPECT_EQ(reason("under", in_tunnel(from_far(ip("10.0.1.2"), {}, ip(borrowed)))), "drop_foreign_source")
        << borrowed;
  EXPECT_EQ(reason("under", in_tunnel(from_far(ip("239.1.2.3"), {}, ip("10.0.1.3")))), "drop_foreign_source");
  EXPECT_EQ(reason("under", in_tunnel(from_far(ip("239.1.2.3"), {}), kNetwork.value, ip("192.0.2.66"))),
            "drop_unknown_host");
}

TEST_F(FromUnderlay, senders_that_no_host_can_be_are_refused_whatever_is_inside) {
  const Bytes arp_request =
      ethernet({kBroadcast, mac("10.0.1.3"), 0x0806}, arp({1, mac("10.0.1.3"), ip("10.0.1.3"), {}, ip("10.0.1.2")}));
  const Bytes inners[] = {
      from_far(ip("10.0.1.2"), udp(1, 2, {})),                         // of a container on another host
      from_far(ip("10.0.1.2"), udp(1, 2, {}), ip("10.0.1.3")),         // of a container here
      from_far(ip("10.0.1.2"), udp(1, 2, {}), ip("10.0.1.99")),        // of nobody
      from_far(ip("239.1.2.3"), udp(1, 2, {}), ip("10.0.1.3")),        // a group
      ethernet({kBroadcast, mac("10.0.1.4")}, ipv4({{}, {~0u}}, {})),  // who asks for an address
      arp_request,
      ethernet({kBroadcast, mac("10.0.1.4"), 0x86dd}, Bytes{0x60} + Bytes(60)),
  };
  for (const char* sender : {"0.0.0.0", "0.0.0.1", "0.255.255.255", "127.0.0.1", "127.255.255.255", "224.0.0.1",
                             "239.255.255.255", "240.0.0.0", "255.255.255.254", "255.255.255.255"})
    for (const Bytes& inner : inners) {
      const uint64_t copies = count("copy_to_local");
      const Bytes packet = in_tunnel(inner, kNetwork.value, ip(sender));
      EXPECT_EQ(verdict("under", packet).action, Action::kDrop) << sender;
      EXPECT_EQ(reason("under", packet), "drop_martian_sender") << sender;
      EXPECT_EQ(reason("under", in_tunnel(inner, 4098, ip(sender))), "drop_martian_sender") << sender;
      EXPECT_EQ(count("copy_to_local"), copies) << sender;
    }
  for (const char* sender : {"1.0.0.0", "126.255.255.255", "128.0.0.0", "223.255.255.255"})
    EXPECT_EQ(reason("under", in_tunnel(inners[0], kNetwork.value, ip(sender))), "drop_unknown_host") << sender;
}

TEST_F(FromUnderlay, destinations_that_are_not_here_are_dropped) {
  EXPECT_EQ(reason("under", in_tunnel(from_far(ip("10.0.1.99"), {}))), "drop_unknown_destination");
  EXPECT_EQ(reason("under", in_tunnel(from_far(ip("10.0.1.4"), {}))), "drop_not_here");
}

TEST_F(FromUnderlay, broken_tunnel_headers_are_dropped) {
  Bytes no_vni = in_tunnel(from_far(ip("10.0.1.2"), {}));
  no_vni[42] = 0;
  EXPECT_EQ(reason("under", no_vni), "drop_malformed");
  EXPECT_EQ(reason("under", in_tunnel(ethernet({mac("10.0.1.2"), mac("10.0.1.4")}, Bytes(10)))), "drop_malformed");
  EXPECT_EQ(reason("under", in_tunnel(ethernet({mac("10.0.1.2"), mac("10.0.1.4"), 0x0806}, Bytes(10)))),
            "drop_malformed");
  EXPECT_EQ(reason("under", in_tunnel(ethernet({mac("10.0.1.2"), mac("10.0.1.4"), 0x86dd}, Bytes(60)))),
            "drop_protocol");
}

TEST_F(FromUnderlay, broadcast_and_multicast_reach_every_container_here) {
  Bytes ipv6 = ethernet({kBroadcast, mac("10.0.1.4"), 0x86dd}, Bytes{0x60} + Bytes(60));
  Bytes asks_for_address = ethernet({kBroadcast, mac("10.0.1.4")}, ipv4({{}, {~0u}}, udp(68, 67, {})));
  for (const Bytes& inner : {from_far(ip("239.1.2.3"), udp(1, 2, Bytes(100))), ipv6, asks_for_address}) {
    uint64_t copies = count("copy_to_local");
    EXPECT_EQ(reason("under", in_tunnel(inner)), "flooded_from_remote");
    EXPECT_EQ(count("copy_to_local"), copies + 2);
  }
  EXPECT_EQ(count("copy_to_remote"), 0u);  // the sender has sent to the other hosts itself
}

TEST_F(FromUnderlay, arp_of_a_kernel_vxlan_peer_is_answered_through_the_tunnel) {
  for (Mac next_hop : {kBroadcast, mac("10.0.1.2")}) {
    Arp request{1, mac("10.0.1.4"), ip("10.0.1.4"), {}, ip("10.0.1.2")};
    Bytes padding(18);
    Verdict result = verdict("under", in_tunnel(ethernet({next_hop, mac("10.0.1.4"), 0x0806}, arp(request) + padding)));
    EXPECT_EQ(result.reason, "arp_answered_remote");
    EXPECT_EQ(result.target_interface, index("under"));
    EXPECT_EQ(part(result.frame, 0, 14), ethernet({kFarHostMac, under_mac_}, {}));
    EXPECT_EQ(internet_checksum(part(result.frame, 14, 20)), 0);
    EXPECT_EQ(part(result.frame, 26, 8), big32(ip("192.0.2.1").value) + big32(ip("192.0.2.2").value));
    EXPECT_EQ(part(result.frame, 36, 14),
              big16(4789) + big16(8 + 8 + 14 + 28 + 18) + big16(0) + vxlan(kNetwork.value, {}));
    Arp reply{2, mac("10.0.1.2"), ip("10.0.1.2"), mac("10.0.1.4"), ip("10.0.1.4")};
    EXPECT_EQ(part(result.frame, 50), ethernet({mac("10.0.1.4"), mac("10.0.1.2"), 0x0806}, arp(reply)) + padding);
  }
}

TEST_F(FromUnderlay, other_arp_out_of_the_tunnel_has_no_effect) {
  auto told = [&](Arp message, const char* host = "192.0.2.2") {
    return reason("under",
                  in_tunnel(ethernet({kBroadcast, mac("10.0.1.4"), 0x0806}, arp(message)), kNetwork.value, ip(host)));
  };
  Mac far = mac("10.0.1.4");
  EXPECT_EQ(told({1, far, ip("10.0.1.4"), {}, ip("10.0.1.99")}), "drop_arp_unknown");
  EXPECT_EQ(told({1, far, ip("10.0.1.4"), {}, ip("10.0.1.4")}), "drop_not_here");
  EXPECT_EQ(told({1, far, ip("10.0.1.3"), {}, ip("10.0.1.2")}), "drop_foreign_source");
  EXPECT_EQ(told({2, far, ip("10.0.1.4"), far, ip("10.0.1.2")}), "drop_arp_ignored");
  EXPECT_EQ(told({1, far, ip("10.0.1.4"), {}, ip("10.0.1.2")}, "192.0.2.66"), "drop_unknown_host");
}

}  // namespace
}  // namespace skein::kernel::testing
