#include "overlay/host/free_host_port.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace skein::overlay {

uint16_t free_host_port(const std::string& port_spec) {
  int type = port_spec.ends_with("/udp") ? SOCK_DGRAM : SOCK_STREAM;
  // By both families, where the host has both.
  uint16_t port = 0;
  for (int family : {AF_INET6, AF_INET}) {
    int fd = ::socket(family, type | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    sockaddr_in6 address{};  // a prefix of it serves for the other family
    address.sin6_family = static_cast<sa_family_t>(family);
    socklen_t size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    int both = 0;
    if (family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0)
      port = ntohs(address.sin6_port);
    ::close(fd);
    if (port) break;
  }
  return port;
}

}  // namespace skein::overlay
