// A host that takes clients in by IPv6, too. For tests only.
#pragma once

#include "kernel/net/container_ipv6.h"
#include "kernel/testing/mesh_host.h"

namespace skein::kernel::testing {

struct End6 {
  Ipv6 address;
  uint16_t port = 0;
};

inline Ipv6 ip6(const char* text) { return Ipv6::parse(text).value(); }

class Mesh6 : public MeshHost {
 protected:
  void SetUp() override {
    MeshHost::SetUp();
    sh("sysctl -qw net.ipv6.conf.under.disable_ipv6=0 net.ipv6.conf.mesh.disable_ipv6=0 "
       "net.ipv6.conf.mesh.forwarding=1 && ip addr add 2001:db8::1/64 dev under nodad && "
       "ip route add 2001:db8:7::/48 via 2001:db8::fe");
  }

  static Bytes tcp6(const End6& source, const End6& target, uint8_t flags, const Bytes& payload = {}) {
    return checksummed(Ip6Header{source.address, target.address, 6},
                       tcp_segment({source.port, target.port}, flags, payload), 16);
  }
  static Bytes udp6(const End6& source, const End6& target, const Bytes& payload = Bytes(20, 'u')) {
    return checksummed(Ip6Header{source.address, target.address, 17}, udp(source.port, target.port, payload), 6);
  }
  Bytes framed6(const Bytes& packet) const { return ethernet({under_mac_, kRouterMac, 0x86dd}, packet); }
  Verdict hands_over6(const Bytes& packet) { return verdict("mesh-in", framed6(packet)); }
  Verdict arrives6(const Bytes& packet) { return verdict("under", framed6(packet)); }

  // ICMPv6 from the door to the client, whose checksum is right; behind its header.
  static Bytes error_in(const Verdict& result) {
    Bytes packet = inner(result), message = part(packet, 40);
    EXPECT_EQ(part(packet, 0, 40), part(ipv6({kDoor6.address, kClient6.address, 58}, message), 0, 40));
    EXPECT_EQ(transport_checksum(Ip6Header{kDoor6.address, kClient6.address, 58}, message), 0);
    return message;
  }

  static inline const End6 kClient6{ip6("2001:db8:7::7"), 5555}, kDoor6{ip6("2001:db8::1"), 8080};
  // As a backend that is asked by IPv4 knows them.
  static inline const End kKnown{kOwn, 5555};
};

// The stack here writes other identifiers and flags than the test's frames: what counts is compared.
inline void expect_ipv4(const Bytes& packet, const Bytes& wanted) {
  EXPECT_EQ(part(packet, 9, 1) + part(packet, 12), part(wanted, 9, 1) + part(wanted, 12));
  EXPECT_EQ(read16(packet, 2), packet.size());
  EXPECT_EQ(internet_checksum(part(packet, 0, 20)), 0);
}

// The same where backends are asked by IPv6. Programs of red may listen in a namespace of theirs.
class NativeMesh6 : public Mesh6 {
 protected:
  void SetUp() override {
    takes_ipv6_ = true;
    Mesh6::SetUp();
    container_ = make_ns("red");
    auto netlink = net::Netlink::open();
    EndpointConfig config = red();
    config.netns_id = net::number_namespace(*netlink, container_).value();
    ASSERT_TRUE(path_->attach_endpoint(index("red"), config).ok());
  }

  // Programs of red listen on port 80 of any address, or do so no more.
  void listen(int family) {
    sockets_.clear();
    if (family == AF_UNSPEC) return;
    ASSERT_TRUE(net::run_in_namespace(container_, [&]() -> Result<void> {
                  for (int type : {SOCK_STREAM, SOCK_DGRAM}) {
                    net::Fd fd(socket(family, type | SOCK_CLOEXEC, 0));
                    sockaddr_in6 any6{};
                    any6.sin6_family = AF_INET6, any6.sin6_port = htons(80);
                    sockaddr_in any4 = net::socket_address({}, 80);
                    const bool is_v6 = family == AF_INET6;
                    const void* any = is_v6 ? static_cast<const void*>(&any6) : &any4;
                    EXPECT_EQ(bind(fd.get(), static_cast<const sockaddr*>(any), is_v6 ? sizeof any6 : sizeof any4), 0);
                    EXPECT_EQ(type == SOCK_STREAM ? ::listen(fd.get(), 8) : 0, 0);
                    sockets_.push_back(std::move(fd));
                  }
                  return {};
                }).ok());
  }

  static Bytes framed_for(Ipv4 endpoint, const Bytes& packet) {
    return ethernet({Mac::from_ipv4(endpoint), kFarHostMac, 0x86dd}, packet);
  }
  // From another host of ours: at which a client came in, or where the backend is.
  Verdict tunnel_brings(const Bytes& packet, Ipv4 host = ip("192.0.2.2")) {
    return verdict("under", in_tunnel(framed_for(kRed, packet), kNetwork.value, host));
  }
  Verdict red_sends6(const Bytes& packet) {
    return verdict("red", ethernet({Mac::from_ipv4(ip("10.0.1.1")), Mac::from_ipv4(kRed), 0x86dd}, packet));
  }
  Verdict red_sends4(const Bytes& packet) { return verdict("red", framed(kRed, ip("10.0.1.1"), packet)); }
  // By an exit that the kernel's own packets on the mesh's device take as well: what is counted tells nothing.
  std::string leaves(const char* interface, const Bytes& frame) {
    auto tried = path_->try_packet(index(interface), frame);
    return tried.ok() ? tried->reason : tried.error().text();
  }
  std::string red_leaves6(const Bytes& packet) {
    return leaves("red", ethernet({Mac::from_ipv4(ip("10.0.1.1")), Mac::from_ipv4(kRed), 0x86dd}, packet));
  }
  // Of the outer header.
  static Ipv4 host_of(const Verdict& result) { return {read32(result.frame, 30)}; }
  void add_host(const char* address) {
    plan::HostPath path{index("under"), ip("192.0.2.1"), under_mac_, kFarHostMac, 1500};
    ASSERT_TRUE(path_->set_hosts({{ip(address), path}}, {}).ok());
  }
  // ICMPv6 about a packet, of which it quotes the header and 8 bytes.
  static Bytes error6(const Ipv6& source, const Ipv6& target, uint8_t type, uint8_t code, uint32_t mtu,
                      const Bytes& about) {
    return checksummed(Ip6Header{source, target, 58}, Bytes{type, code, 0, 0} + big32(mtu) + part(about, 0, 48), 2);
  }

  std::string container_;
  std::vector<net::Fd> sockets_;
  static inline const End6 kRed6{plan::endpoint_address6(kRed), 80}, kFar6{plan::endpoint_address6(kFar), 80};
};

}  // namespace skein::kernel::testing
