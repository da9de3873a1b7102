#include "kernel/net/links/own_address.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include "plan/mesh.h"

namespace skein::kernel::net {

namespace {

Ipv4 address_in(const sockaddr* address) {
  return Ipv4{ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr)};
}

// Connecting a datagram socket asks the routing table; nothing is sent.
std::optional<Ipv4> source_to_outside() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  sockaddr_in outside{};
  outside.sin_family = AF_INET;
  outside.sin_port = htons(9);
  outside.sin_addr.s_addr = htonl(0xC0000201);  // 192.0.2.1, which is nobody's
  sockaddr_in own{};
  socklen_t size = sizeof own;
  const bool has_route = ::connect(fd, reinterpret_cast<sockaddr*>(&outside), sizeof outside) == 0 &&
                         ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0;
  ::close(fd);
  if (!has_route || own.sin_addr.s_addr == 0) return std::nullopt;
  return address_in(reinterpret_cast<sockaddr*>(&own));
}

std::optional<Ipv4> first_of_interfaces() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> freed(all, ::freeifaddrs);
  for (const ifaddrs* one = all; one; one = one->ifa_next) {
    const bool is_usable = (one->ifa_flags & IFF_UP) && !(one->ifa_flags & IFF_LOOPBACK);
    if (is_usable && one->ifa_addr && one->ifa_addr->sa_family == AF_INET &&
        address_in(one->ifa_addr) != plan::kMeshClient)
      return address_in(one->ifa_addr);
  }
  return std::nullopt;
}

}  // namespace

Result<Ipv4> own_address() {
  if (auto address = source_to_outside()) return *address;
  if (auto address = first_of_interfaces()) return *address;
  return make_error(Code::kUnavailable, "this host has no IPv4 address that its containers could reach");
}

}  // namespace skein::kernel::net
