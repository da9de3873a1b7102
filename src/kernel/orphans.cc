#include "kernel/orphans.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "kernel/net/namespace.h"

namespace skein::kernel {
namespace {

struct Segment {
  iphdr ip;
  tcphdr tcp;
};

// RFC 1071, over whole 16-bit words.
uint16_t checksum(const void* data, size_t size_bytes, uint32_t sum = 0) {
  const auto* octets = static_cast<const uint8_t*>(data);
  for (size_t i = 0; i < size_bytes; i += 2) sum += static_cast<uint32_t>(octets[i] << 8 | octets[i + 1]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// The kernel completes the IP header.
Segment segment_to(const MeshClient& to) {
  Segment segment{};
  segment.ip.version = 4;
  segment.ip.ihl = 5;
  segment.ip.ttl = 64;
  segment.ip.protocol = IPPROTO_TCP;
  segment.ip.saddr = htonl(to.called.value);
  segment.ip.daddr = htonl(to.client.value);
  segment.tcp.source = htons(to.called_port);
  segment.tcp.dest = htons(to.client_port);
  segment.tcp.doff = sizeof(tcphdr) / 4;
  segment.tcp.seq = htonl(to.acked);
  segment.tcp.rst = 1;
  struct {
    uint32_t source, target;
    uint16_t protocol, size_bytes;
  } pseudo{segment.ip.saddr, segment.ip.daddr, htons(IPPROTO_TCP), htons(sizeof(tcphdr))};
  const auto of_pseudo = static_cast<uint16_t>(~checksum(&pseudo, sizeof pseudo));
  segment.tcp.check = htons(checksum(&segment.tcp, sizeof(tcphdr), of_pseudo));
  return segment;
}

}  // namespace

Result<void> reset_connections(const std::vector<MeshClient>& clients) {
  if (clients.empty()) return {};
  net::Fd socket(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW));
  if (!socket)
    return make_error(errno == EPERM ? Code::kPermissionDenied : Code::kInternal, "open a raw socket", strerror(errno));
  for (const MeshClient& client : clients) {
    const Segment segment = segment_to(client);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = segment.ip.daddr;
    // What cannot be sent is lost as any packet may be: the client learns of it when it sends something.
    (void)sendto(socket.get(), &segment, sizeof segment, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  return {};
}

}  // namespace skein::kernel
