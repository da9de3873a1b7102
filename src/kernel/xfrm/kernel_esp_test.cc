// Encrypted networks where the kernel encrypts: real packets between containers of two hosts. What needs ESP of the
// kernel is tried on kernels that have it (tests/stock).
#include "esp/crypto/key_for_test.h"
#include "kernel/net/esp_device.h"
#include "kernel/net/firewall/firewall.h"
#include "kernel/testing/swarm.h"
#include "kernel/xfrm/watch.h"
#include "kernel/xfrm/xfrm.h"

namespace skein::kernel::testing {
namespace {

constexpr uint32_t kRed = 4100;
constexpr uint16_t kPort = 4789;

class KernelEsp : public Swarm {
 protected:
  void SetUp() override {
    Swarm::SetUp();
    add_host();
    add_host();
    connect_hosts();
    add_container(0, kRed, "10.0.9.2");
    add_container(1, kRed, "10.0.9.3");
    for (Host& host : hosts_) encrypt(host);
  }

  // The network's packets go to the kernel's own encryption, and to nobody else.
  static void encrypt(Host& host) {
    inside(host.netns, [&] {
      auto state = host.path->observe().value();
      for (auto& [key, entry] : state.endpoints) entry.is_encrypted = true;
      for (auto& [vni, list] : state.floods) list.is_encrypted = true;
      ASSERT_TRUE(host.path->set_endpoints(state.endpoints, {}).ok());
      ASSERT_TRUE(host.path->set_floods(state.floods, {}).ok());
      auto netlink = net::Netlink::open().value();
      auto device = net::create_esp_device(netlink, plan::EspDevice::kVxlan, kPort);
      ASSERT_TRUE(device.ok()) << device.error().text();
      ASSERT_TRUE(host.path->set_esp_device(plan::EspDevice::kVxlan, *device).ok());
    });
  }

  void change_endpoints(size_t host, const std::function<void(plan::EndpointEntry&)>& change) {
    inside(hosts_[host], [&] {
      auto endpoints = hosts_[host].path->observe()->endpoints;
      for (auto& [key, entry] : endpoints) change(entry);
      ASSERT_TRUE(hosts_[host].path->set_endpoints(endpoints, {}).ok());
    });
  }

  // Nobody encrypts; what comes in clear gets as far as decrypted packets do.
  void let_in_clear() {
    for (Host& host : hosts_) inside(host, [&] { ASSERT_TRUE(host.path->detach(host.underlay).ok()); });
  }

  void guard(Host& host) {
    inside(host.netns, [&] {
      plan::Intent intent{.data_path_port = kPort, .esp_device = plan::EspDevice::kVxlan};
      auto firewall = net::Firewall::open().value();
      auto done = firewall.replace(intent);
      ASSERT_TRUE(done.ok()) << done.error().text();
    });
  }

  const Container& near() { return *containers_[0]; }
  const Container& far() { return *containers_[1]; }
};

// Frames keep their form, and are judged when they come out of the tunnel as those of a wire are.
TEST_F(KernelEsp, packets_pass_the_vxlan_device_both_ways) {
  let_in_clear();
  for (size_t size_bytes : {60, 1300}) {
    EXPECT_TRUE(echoes(near(), far(), size_bytes));
    EXPECT_TRUE(echoes(far(), near(), size_bytes));
  }
  constexpr size_t kBytes = 4 << 20;
  EXPECT_EQ(transfer(connect(near(), far()), kBytes), kBytes);
  EXPECT_GT(count(0, "esp_to_remote"), 0u);
  EXPECT_EQ(count(0, "to_remote"), 0u);
  EXPECT_GT(count(1, "from_remote"), 0u);
}

TEST_F(KernelEsp, broadcasts_reach_the_other_host) {
  let_in_clear();
  net::UdpSocket receiver(far().netns, ip("0.0.0.0"), 6000);
  Fd sender = open_socket(near().netns, SOCK_DGRAM);
  int yes = 1;
  setsockopt(sender.get(), SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
  sockaddr_in all = socket_address(ip("10.0.9.255"), 6000);
  ASSERT_EQ(sendto(sender.get(), "hello", 5, 0, reinterpret_cast<sockaddr*>(&all), sizeof all), 5);
  auto received = receiver.receive();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->message, "hello");
  EXPECT_EQ(count(0, "copy_to_remote"), 1u);
}

TEST_F(KernelEsp, what_comes_by_the_device_of_another_network_or_host_is_dropped) {
  let_in_clear();
  change_endpoints(1, [](plan::EndpointEntry& entry) { entry.is_encrypted = false; });
  EXPECT_FALSE(echoes(near(), far(), 60));
  EXPECT_GT(count(1, "drop_not_encrypted"), 0u);
  change_endpoints(1, [](plan::EndpointEntry& entry) {
    entry.is_encrypted = true;
    if (entry.where == plan::EndpointEntry::Where::kRemote) entry.host = ip("192.0.2.7");
  });
  EXPECT_FALSE(echoes(near(), far(), 60));
  EXPECT_GT(count(1, "drop_foreign_source"), 0u);
}

// Without XFRM's policies the packets are in clear, and must neither leave nor come in.
TEST_F(KernelEsp, the_firewall_lets_nothing_out_in_clear) {
  let_in_clear();
  guard(hosts_[0]);
  EXPECT_FALSE(echoes(near(), far(), 60));
  EXPECT_EQ(count(1, "from_remote"), 0u);
}

TEST_F(KernelEsp, the_firewall_lets_nothing_in_in_clear) {
  let_in_clear();
  guard(hosts_[1]);
  EXPECT_FALSE(echoes(near(), far(), 60));
  EXPECT_EQ(count(1, "from_remote"), 0u);
}

TEST_F(KernelEsp, what_comes_in_clear_does_not_even_get_to_the_firewall) {
  EXPECT_FALSE(echoes(near(), far(), 60));
  EXPECT_EQ(count(1, "drop_in_clear"), 1u);
}

TEST_F(KernelEsp, the_device_is_known_again_and_made_anew_for_another_port) {
  inside(hosts_[0], [&] {
    auto netlink = net::Netlink::open().value();
    auto seen = net::observe_esp_device(netlink).value();
    EXPECT_EQ(seen.kind, plan::EspDevice::kVxlan);
    EXPECT_EQ(seen.port, kPort);
    ASSERT_TRUE(net::create_esp_device(netlink, plan::EspDevice::kVxlan, 4790).ok());
    EXPECT_EQ(net::observe_esp_device(netlink)->port, 4790);
    ASSERT_TRUE(net::delete_esp_device(netlink).ok());
    EXPECT_EQ(net::observe_esp_device(netlink)->kind, plan::EspDevice::kNone);
  });
}

class Sealed : public KernelEsp {
 protected:
  void SetUp() override {
    KernelEsp::SetUp();
    for (Host& host : hosts_) {
      inside(host, [&] {
        auto opened = xfrm::Xfrm::open();
        auto probed = opened.ok() ? opened->probe() : Result<void>(opened.error());
        if (!probed.ok()) why_not_ = probed.error().text();
        if (probed.ok()) xfrms_.push_back(std::move(*opened));
      });
      guard(host);
    }
    if (!why_not_.empty()) GTEST_SKIP() << why_not_;
  }

  // All SAs are of `keys`; the first one seals.
  esp::Config config(size_t own, const std::vector<uint8_t>& keys, bool is_engine = false) const {
    const Ipv4 here = hosts_[own].tunnel, there = hosts_[1 - own].tunnel;
    esp::Peer peer{.address = there, .form = esp::Form::kEsp};
    if (is_engine) peer.icv_bytes = 8, peer.has_esn = peer.has_window = false;
    for (uint8_t key : keys) peer.in.push_back({there.value << 8 | key, esp::key_of(key)});
    peer.out = esp::Sa{here.value << 8 | keys.front(), esp::key_of(keys.front())};
    return {.tap = "skein-esp", .local = here, .vxlan_port = kPort, .peers = {peer}};
  }

  void hold(size_t host, const esp::Config& config) {
    auto held = xfrms_[host].observe().value();
    const auto wanted = xfrm::holdings_for(config);
    for (;;) {
      auto is_done = xfrms_[host].approach(held, wanted, 2);
      ASSERT_TRUE(is_done.ok()) << is_done.error().text();
      if (*is_done) break;
    }
    EXPECT_EQ(xfrms_[host].observe()->policies, wanted.policies);
    for (const auto& [key, state] : wanted.states) EXPECT_EQ(xfrms_[host].observe()->states.at(key), state);
  }

  std::string why_not_;
  std::vector<xfrm::Xfrm> xfrms_;
};

TEST_F(Sealed, packets_pass_in_both_forms_and_are_counted) {
  for (bool is_engine : {false, true}) {
    hold(0, config(0, {1, 2}, is_engine));
    hold(1, config(1, {1, 2}, is_engine));
    EXPECT_TRUE(echoes(near(), far(), 1300));
    constexpr size_t kBytes = 1 << 20;
    EXPECT_EQ(transfer(connect(near(), far()), kBytes), kBytes);
    uint64_t packets = 0;
    for (const auto& state : xfrms_[1].states().value()) {
      packets += state.packets;
      EXPECT_EQ(state.failed, 0u);
    }
    EXPECT_GT(packets, kBytes / 1500);
    for (auto& one : xfrms_) ASSERT_TRUE(one.clear().ok());
    EXPECT_FALSE(echoes(near(), far(), 60));  // nothing passes without
  }
}

TEST_F(Sealed, the_largest_packets_of_the_networks_mtu_pass) {
  hold(0, config(0, {1}));
  hold(1, config(1, {1}));
  sh_in(near().netns, "ip link set eth0 mtu 1408");
  sh_in(far().netns, "ip link set eth0 mtu 1408");
  sh_in(near().netns, "ping -q -c 1 -s 1380 -M do -W 10 " + far().address.text());
}

TEST_F(Sealed, hosts_one_rotation_apart_understand_each_other) {
  hold(0, config(0, {1, 2, 3}));
  hold(1, config(1, {1, 2, 3}));
  Connection stream = connect(near(), far());
  ASSERT_EQ(transfer(stream, 100'000), 100'000u);
  for (uint8_t first = 2; first < 8; ++first) {
    const std::vector<uint8_t> keys{first, static_cast<uint8_t>(first + 1), static_cast<uint8_t>(first + 2),
                                    static_cast<uint8_t>(first - 1)};
    hold(first % 2, config(first % 2, keys));
    ASSERT_EQ(transfer(stream, 20'000), 20'000u);
    hold(1 - first % 2, config(1 - first % 2, keys));
    ASSERT_EQ(transfer(stream, 20'000), 20'000u);
  }
}

TEST_F(Sealed, who_flushes_is_noticed_and_what_we_do_ourselves_is_not) {
  std::optional<xfrm::Watch> watch;
  inside(hosts_[0], [&] { watch.emplace(xfrm::Watch::open().value()); });
  hold(0, config(0, {1, 2}));
  hold(0, config(0, {3, 4}));
  EXPECT_FALSE(watch->take_events(xfrms_[0].port_id()));
  sh_in(hosts_[0].netns, "ip xfrm state flush");
  ASSERT_TRUE(is_readable(watch->fd()));
  EXPECT_TRUE(watch->take_events(xfrms_[0].port_id()));
  hold(0, config(0, {3, 4}));
}

TEST_F(Sealed, those_of_others_are_left_alone) {
  const std::string theirs = "src 192.0.2.1 dst 198.51.100.1 proto esp spi 0x77";
  sh_in(hosts_[0].netns, "ip xfrm state add " + theirs +
                             " mode transport aead 'rfc4106(gcm(aes))' 0x0123456789012345678901234567890123456789 128");
  hold(0, config(0, {1}));
  ASSERT_TRUE(xfrms_[0].clear().ok());
  EXPECT_TRUE(xfrms_[0].states()->empty());
  EXPECT_NE(sh_in(hosts_[0].netns, "ip xfrm state").find("0x00000077"), std::string::npos);
}

}  // namespace
}  // namespace skein::kernel::testing
