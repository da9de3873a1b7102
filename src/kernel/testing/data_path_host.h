// For tests: a host with the data path loaded, two containers' veths and an underlay device, in namespaces of its own.
#pragma once

#include <net/if.h>

#include <optional>

#include "kernel/datapath/datapath.h"
#include "kernel/net/test_host.h"
#include "kernel/testing/frames.h"

namespace skein::kernel::testing {

inline constexpr Vni kNetwork{4097};

// The network 10.0.1.0/24 with two containers here (red .2, blue .3) and one (far .4) on the host 192.0.2.2.
class DataPathHost : public net::TestHost {
 protected:
  void SetUp() override {
    TestHost::SetUp();
    sh("sysctl -qw net.ipv6.conf.default.disable_ipv6=1");  // or the kernel's own IPv6 chatter is counted, too
    for (const char* name : {"red", "blue", "under"})
      sh(std::string("ip link add ") + name + " type veth peer name " + name + "-in && ip link set " + name +
         " up && ip link set " + name + "-in up");
    under_mac_ = mac_of("under"), red_mac_ = mac_of("red");
    load();
    ASSERT_TRUE(path_->set_tunnel(ip("192.0.2.1"), 4789).ok());
    plan::HostPath path{index("under"), ip("192.0.2.1"), under_mac_, kFarHostMac, 1500};
    ASSERT_TRUE(path_->set_hosts({{ip("192.0.2.2"), path}}, {}).ok());
    ASSERT_TRUE(path_->set_endpoints(entries(), {}).ok());
    ASSERT_TRUE(path_->set_floods({{kNetwork, {{"red", "blue"}, {ip("192.0.2.2")}}}}, {}).ok());
    ASSERT_TRUE(path_->attach_endpoint(index("red"), red()).ok());
    ASSERT_TRUE(path_->attach_underlay(index("under")).ok());
  }

  void load(bool uses_clsact = false) {
    path_.reset();
    auto opened = DataPath::open({directory_ + "/bpf", uses_clsact});
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    path_.emplace(std::move(opened).value());
  }

  static uint32_t index(const char* name) { return if_nametoindex(name); }
  static Mac mac_of(const std::string& name) {
    std::string text = sh("ip -br link show dev " + name);
    return Mac::parse(text.substr(text.find(':') - 2, 17)).value();
  }
  static Mac mac(const char* address) { return Mac::from_ipv4(ip(address)); }

  static EndpointConfig red() { return {kNetwork, ip("10.0.1.2"), mac("10.0.1.2"), ip("10.0.1.1"), 24, false, 1450}; }
  static std::map<plan::EndpointKey, plan::EndpointEntry> entries() {
    using Where = plan::EndpointEntry::Where;
    return {{{kNetwork, ip("10.0.1.2")}, {Where::kLocal, mac("10.0.1.2"), "red", {}}},
            {{kNetwork, ip("10.0.1.3")}, {Where::kLocal, mac("10.0.1.3"), "blue", {}}},
            {{kNetwork, ip("10.0.1.4")}, {Where::kRemote, mac("10.0.1.4"), "", ip("192.0.2.2")}}};
  }

  // What red sends.
  Bytes from_red(Ipv4 target, const Bytes& payload, uint8_t protocol = 17) const {
    Mac next_hop = target.is_multicast() || target.value == ~0u ? kBroadcast : Mac::from_ipv4(target);
    return ethernet({next_hop, mac("10.0.1.2")}, ipv4({ip("10.0.1.2"), target, protocol}, payload));
  }
  // What the far host sends: a frame in the tunnel.
  Bytes in_tunnel(const Bytes& inner, uint32_t vni = kNetwork.value, Ipv4 sender = ip("192.0.2.2")) const {
    return ethernet({under_mac_, kFarHostMac}, ipv4({sender, ip("192.0.2.1")}, udp(50000, 4789, vxlan(vni, inner))));
  }
  Bytes from_far(Ipv4 target, const Bytes& payload, Ipv4 source = ip("10.0.1.4")) const {
    Mac next_hop = target.is_multicast() ? kBroadcast : Mac::from_ipv4(target);
    return ethernet({next_hop, mac("10.0.1.4")}, ipv4({source, target}, payload));
  }

  // Runs the program of the interface; its exit must be counted, once.
  Verdict verdict(const char* interface, const Bytes& frame) {
    auto before = path_->counters().value();
    auto tried = path_->try_packet(index(interface), frame);
    EXPECT_TRUE(tried.ok()) << tried.error().text();
    if (!tried.ok()) return {};
    EXPECT_EQ(path_->counters().value().at(tried->reason), before.at(tried->reason) + 1);
    return *tried;
  }
  std::string reason(const char* interface, const Bytes& frame) {
    Verdict result = verdict(interface, frame);
    EXPECT_EQ(result.action == Verdict::Action::kDrop,
              result.reason.starts_with("drop_") || result.reason.starts_with("flooded"))
        << result.reason;
    return result.reason;
  }
  uint64_t count(const std::string& reason) { return path_->counters().value().at(reason); }

  static constexpr Mac kFarHostMac{{2, 0, 0, 0, 0, 0x22}};
  Mac under_mac_, red_mac_;
  std::optional<DataPath> path_;
};

}  // namespace skein::kernel::testing
