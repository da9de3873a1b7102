// What the programs do with packets of encrypted networks: nothing of them leaves or is taken in clear.
#include "kernel/bpf/maps.h"
#include "kernel/testing/data_path_host.h"
#include "plan/compile.h"

namespace skein::kernel::testing {
namespace {

using Action = Verdict::Action;

class Encrypted : public DataPathHost {
 protected:
  void SetUp() override {
    DataPathHost::SetUp();
    sh("ip link add esp type veth peer name esp-in && ip link set esp up && ip link set esp-in up");
    auto encrypted = entries();
    for (auto& [key, entry] : encrypted) entry.is_encrypted = true;
    ASSERT_TRUE(path_->set_endpoints(encrypted, {}).ok());
    ASSERT_TRUE(path_->set_floods({{kNetwork, {{"red", "blue"}, {ip("192.0.2.2")}, true}}}, {}).ok());
    ASSERT_TRUE(path_->set_esp_device(plan::EspDevice::kTap, index("esp")).ok());
  }

  // As in_tunnel(), from who decrypted it.
  Bytes decrypted(const Bytes& inner, uint32_t vni = kNetwork.value) const {
    Bytes frame = in_tunnel(inner, vni);
    const Bytes to = bytes_of(mac_of("esp"));
    std::copy(to.begin(), to.end(), frame.begin());
    return frame;
  }
  Bytes arp_of_far() const {
    return ethernet({kBroadcast, mac("10.0.1.4"), 0x0806},
                    arp({1, mac("10.0.1.4"), ip("10.0.1.4"), {}, ip("10.0.1.2")}));
  }
};

TEST_F(Encrypted, what_goes_to_another_host_is_handed_over_with_its_outer_headers) {
  Bytes inner = from_red(ip("10.0.1.4"), udp(1, 2, Bytes(60)));
  Verdict result = verdict("red", inner);
  EXPECT_EQ(result.reason, "esp_to_remote");
  EXPECT_EQ(result.target_interface, index("esp"));
  ASSERT_EQ(result.frame.size(), SKEIN_OVERHEAD_BYTES + inner.size());
  EXPECT_EQ(read32(result.frame, 30), ip("192.0.2.2").value);  // outer destination: the peer
  EXPECT_EQ(read16(result.frame, 36), 4789u);
  EXPECT_EQ(read32(result.frame, 46) >> 8, kNetwork.value);
  EXPECT_EQ(part(result.frame, SKEIN_OVERHEAD_BYTES), inner);
}

TEST_F(Encrypted, what_stays_on_this_host_goes_straight_to_its_receiver) {
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.3"), udp(1, 2, {}))), "to_local");
}

TEST_F(Encrypted, nothing_leaves_where_nobody_encrypts) {
  ASSERT_TRUE(path_->set_esp_device(plan::EspDevice::kNone, 0).ok());
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.4"), udp(1, 2, Bytes(60)))), "drop_no_esp");
  const uint64_t copies = count("copy_to_remote"), refused = count("drop_no_esp");
  EXPECT_EQ(reason("red", from_red(ip("239.1.2.3"), {})), "flooded");
  EXPECT_EQ(count("copy_to_remote"), copies);
  EXPECT_EQ(count("drop_no_esp"), refused + 1);
}

TEST_F(Encrypted, what_was_decrypted_goes_to_its_receiver) {
  Bytes inner = from_far(ip("10.0.1.2"), udp(1, 2, Bytes(60)));
  Verdict result = verdict("esp", decrypted(inner));
  EXPECT_EQ(result.reason, "from_remote");
  EXPECT_EQ(result.target_interface, index("red"));
  EXPECT_EQ(result.frame, inner);
  EXPECT_EQ(reason("esp", decrypted(from_far(ip("239.1.2.3"), {}))), "flooded_from_remote");
}

TEST_F(Encrypted, a_request_for_an_address_is_answered_encrypted) {
  Verdict result = verdict("esp", decrypted(arp_of_far()));
  EXPECT_EQ(result.reason, "esp_to_remote");
  EXPECT_EQ(result.target_interface, index("esp"));
}

TEST_F(Encrypted, what_comes_in_clear_is_dropped_whatever_it_is) {
  const Bytes inners[] = {
      from_far(ip("10.0.1.2"), udp(1, 2, {})),
      from_far(ip("10.0.1.2"), {}, ip("10.0.1.99")),
      from_far(ip("10.0.1.99"), {}),
      from_far(ip("239.1.2.3"), {}),
      arp_of_far(),
      ethernet({kBroadcast, mac("10.0.1.4"), 0x86dd}, Bytes{0x60} + Bytes(60)),
  };
  const uint64_t copies = count("copy_to_local");
  for (const Bytes& inner : inners) EXPECT_EQ(reason("under", in_tunnel(inner)), "drop_in_clear");
  EXPECT_EQ(count("copy_to_local"), copies);
}

TEST_F(Encrypted, who_decrypts_brings_nothing_of_other_networks) {
  ASSERT_TRUE(path_->set_endpoints(entries(), {}).ok());
  ASSERT_TRUE(path_->set_floods({{kNetwork, {{"red", "blue"}, {ip("192.0.2.2")}}}}, {}).ok());
  EXPECT_EQ(reason("esp", decrypted(from_far(ip("10.0.1.2"), udp(1, 2, {})))), "drop_not_encrypted");
  EXPECT_EQ(reason("esp", decrypted(from_far(ip("239.1.2.3"), {}))), "drop_not_encrypted");
  EXPECT_EQ(reason("esp", decrypted(arp_of_far())), "drop_not_encrypted");
  EXPECT_EQ(verdict("esp", decrypted(from_far(ip("10.0.1.2"), {}), 4098)).action, Action::kDrop);
  EXPECT_EQ(verdict("esp", ethernet({mac_of("esp"), kFarHostMac}, ipv4({ip("192.0.2.2"), ip("192.0.2.1")}, {}))).reason,
            "drop_protocol");
}

// What the links of the network get as their MTU must pass, and not one byte more.
TEST_F(Encrypted, a_packet_of_the_mtu_passes_and_a_larger_one_is_answered) {
  plan::NetworkState network;
  network.is_encrypted = true;
  for (uint32_t underlay : {1500u, 1501u, 1503u, 1504u, 9000u}) {
    const uint32_t mtu = plan::link_mtu_bytes(network, {{ip("192.0.2.2"), {.mtu_bytes = underlay}}});
    EXPECT_EQ(mtu, SKEIN_ESP_MTU(underlay));
    EXPECT_LE(mtu + plan::kEspOverheadBytes, underlay);
    auto config = red();
    config.mtu_bytes = 9000;
    ASSERT_TRUE(path_->attach_endpoint(index("red"), config).ok());
    plan::HostPath path{index("under"), ip("192.0.2.1"), under_mac_, kFarHostMac, underlay};
    ASSERT_TRUE(path_->set_hosts({{ip("192.0.2.2"), path}}, {}).ok());
    if (underlay > 1504) break;  // frames tried are small
    EXPECT_EQ(reason("red", from_red(ip("10.0.1.4"), udp(1, 2, Bytes(mtu - 28)))), "esp_to_remote") << underlay;
    EXPECT_EQ(verdict("red", from_red(ip("10.0.1.4"), udp(1, 2, Bytes(mtu - 27)))).reason, "too_big_answered");
  }
}

TEST_F(Encrypted, a_restarted_daemon_finds_the_device_and_goes_on) {
  load();
  EXPECT_EQ(path_->observe()->esp_device, index("esp"));
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.4"), udp(1, 2, Bytes(60)))), "esp_to_remote");
  EXPECT_EQ(reason("esp", decrypted(from_far(ip("10.0.1.2"), udp(1, 2, {})))), "from_remote");
  EXPECT_EQ(path_->observe()->endpoints.at({kNetwork, ip("10.0.1.4")}).is_encrypted, true);
  EXPECT_EQ(path_->observe()->floods.at(kNetwork).is_encrypted, true);
}

}  // namespace
}  // namespace skein::kernel::testing
