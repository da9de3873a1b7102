// A host that takes clients in for a published port. For tests only.
#pragma once

#include <vector>

#include "kernel/testing/service_host.h"

namespace skein::kernel::testing {

struct End {
  Ipv4 address;
  uint16_t port = 0;
};

inline Bytes tcp4(const End& source, const End& target, uint8_t flags) {
  return tcp_packet(source.address, target.address, {source.port, target.port}, flags);
}
inline Bytes udp4(const End& source, const End& target, const Bytes& payload = Bytes(20, 'u'), uint32_t fragment = 0) {
  Bytes packet = udp_packet(source.address, target.address, {source.port, target.port}, payload);
  return ipv4({source.address, target.address, 17, fragment}, part(packet, 20));
}

// Port 8080 of the host leads to port 80 of red; the network is the ingress network. The client is behind a router.
class MeshHost : public Service {
 protected:
  void SetUp() override {
    Service::SetUp();
    sh("ip addr add 192.0.2.1/24 dev under && ip route add 198.51.100.0/24 via 192.0.2.254 && "
       "sysctl -qw net.ipv4.ip_forward=1 && ip link add mesh type veth peer name mesh-in && "
       "ip addr add 169.254.121.2/30 dev mesh && ip link set mesh up && ip link set mesh-in up");
    ASSERT_TRUE(path_->set_mesh({kNetwork, kOwn}, index("mesh"), index("mesh-in")).ok());
    plan::MeshTarget target{kNetwork, kVip, 80};
    ASSERT_TRUE(path_->set_ports({{{6, {}, 8080}, target}, {{17, {}, 8080}, target}}, {}).ok());
    set_backends({{kRed, 1}});
  }

  Bytes from_client(const Bytes& packet) const { return ethernet({under_mac_, kRouterMac}, packet); }
  Bytes from_entry(const Bytes& packet) const {
    return in_tunnel(ethernet({Mac::from_ipv4(kRed), kFarHostMac}, packet));
  }
  Verdict hands_over(const Bytes& packet) { return verdict("mesh-in", from_client(packet)); }
  Verdict arrives(const Bytes& packet) { return verdict("under", from_client(packet)); }
  Verdict red_answers(const End& client, uint8_t flags = kSyn | kAck) {
    return verdict("red", framed(kRed, ip("10.0.1.1"), tcp4({kRed, 80}, client, flags)));
  }

  static Bytes inner(const Verdict& result) { return part(result.frame, 14); }
  static Bytes tunnelled(const Verdict& result) { return part(result.frame, 64); }

  static constexpr Mac kRouterMac{{2, 0, 0, 0, 0, 0x99}};
  static inline const Ipv4 kOwn = ip("10.0.1.9"), kHost = ip("192.0.2.1");
  static inline const End kClient{ip("198.51.100.7"), 5555}, kDoor{kHost, 8080}, kTarget{kRed, 80};
};

}  // namespace skein::kernel::testing
