#include "kernel/datapath/orphans.h"

#include <linux/ip.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "kernel/net/links/namespace.h"

namespace skein::kernel {
namespace {

// RFC 1071, over whole 16-bit words.
uint16_t checksum(const void* data, size_t size_bytes, uint32_t sum = 0) {
  const auto* octets = static_cast<const uint8_t*>(data);
  for (size_t i = 0; i < size_bytes; i += 2) sum += static_cast<uint32_t>(octets[i] << 8 | octets[i + 1]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

template <class Address>
tcphdr reset_of(const MeshClient& to, const Address& called, const Address& client) {
  tcphdr tcp{};
  tcp.source = htons(to.called_port);
  tcp.dest = htons(to.client_port);
  tcp.doff = sizeof(tcphdr) / 4;
  tcp.seq = htonl(to.acked);
  tcp.rst = 1;
  struct {
    Address source, target;
    uint16_t protocol, size_bytes;
  } pseudo{called, client, htons(IPPROTO_TCP),
           htons(sizeof(tcphdr))};  // RFC 9293 3.1, RFC 8200 8.1: the sums are equal
  const auto of_pseudo = static_cast<uint16_t>(~checksum(&pseudo, sizeof pseudo));
  tcp.check = htons(checksum(&tcp, sizeof(tcphdr), of_pseudo));
  return tcp;
}

// What cannot be sent is lost as any packet may be: the client learns of it when it sends something.
template <class Segment, class SocketAddress>
void send(int socket, const Segment& segment, const SocketAddress& to) {
  (void)sendto(socket, &segment, sizeof segment, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

// The kernel completes the IP header.
void send_ipv4(int socket, const MeshClient& to) {
  struct {
    iphdr ip;
    tcphdr tcp;
  } segment{};
  segment.ip.version = 4;
  segment.ip.ihl = 5;
  segment.ip.ttl = 64;
  segment.ip.protocol = IPPROTO_TCP;
  segment.ip.saddr = htonl(to.called.v4.value);
  segment.ip.daddr = htonl(to.client.v4.value);
  segment.tcp = reset_of(to, segment.ip.saddr, segment.ip.daddr);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = segment.ip.daddr;
  send(socket, segment, address);
}

void send_ipv6(int socket, const MeshClient& to) {
  struct {
    ip6_hdr ip;
    tcphdr tcp;
  } segment{};
  segment.ip.ip6_vfc = 6 << 4;
  segment.ip.ip6_plen = htons(sizeof(tcphdr));
  segment.ip.ip6_nxt = IPPROTO_TCP;
  segment.ip.ip6_hlim = 64;
  memcpy(&segment.ip.ip6_src, to.called.v6.octets.data(), sizeof segment.ip.ip6_src);
  memcpy(&segment.ip.ip6_dst, to.client.v6.octets.data(), sizeof segment.ip.ip6_dst);
  segment.tcp = reset_of(to, segment.ip.ip6_src, segment.ip.ip6_dst);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = segment.ip.ip6_dst;
  send(socket, segment, address);
}

Result<net::Fd> raw_socket(int family) {
  net::Fd socket(::socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW));
  if (socket || errno == EAFNOSUPPORT) return socket;
  return make_error(errno == EPERM ? Code::kPermissionDenied : Code::kInternal, "open a raw socket", strerror(errno));
}

}  // namespace

Result<void> reset_connections(const std::vector<MeshClient>& clients) {
  if (clients.empty()) return {};
  SKEIN_TRY_ASSIGN(net::Fd ipv4, raw_socket(AF_INET));
  SKEIN_TRY_ASSIGN(net::Fd ipv6, raw_socket(AF_INET6));
  for (const MeshClient& client : clients) {
    if (!client.client.is_v6)
      send_ipv4(ipv4.get(), client);
    else if (ipv6)
      send_ipv6(ipv6.get(), client);
  }
  return {};
}

}  // namespace skein::kernel
