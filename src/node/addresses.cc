#include "node/addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <set>

#include "plan/mesh.h"

namespace skein::node {
namespace {

Error bad_advertise() {
  return make_error(Code::kInvalidArgument,
                    "advertise address must be a non-zero IP address or network interface (with optional port number)");
}

// IPv4 first, as Docker prefers it.
const HostInterface* find_interface(const std::string& name, const std::vector<HostInterface>& interfaces) {
  const HostInterface* found = nullptr;
  for (const auto& interface : interfaces)
    if (interface.name == name && (!found || (found->address.is_v6 && !interface.address.is_v6))) found = &interface;
  return found;
}

sockaddr_storage socket_address(const IpAddress& address, uint16_t port, socklen_t& size) {
  sockaddr_storage out{};
  if (address.is_v6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.v6.octets.data(), 16);
    size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(out);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(address.v4.value);
    size = sizeof v4;
  }
  return out;
}

}  // namespace

std::vector<HostInterface> host_interfaces() {
  ifaddrs* raw = nullptr;
  if (getifaddrs(&raw) != 0) return {};
  std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> all(raw, &freeifaddrs);
  std::vector<HostInterface> out;
  for (ifaddrs* at = all.get(); at; at = at->ifa_next) {
    if (!at->ifa_addr || !at->ifa_netmask || !(at->ifa_flags & IFF_UP) || (at->ifa_flags & IFF_LOOPBACK)) continue;
    HostInterface interface { at->ifa_name, {}, 0 };
    if (at->ifa_addr->sa_family == AF_INET) {
      interface.address = IpAddress::from(Ipv4{ntohl(reinterpret_cast<sockaddr_in*>(at->ifa_addr)->sin_addr.s_addr)});
      if (interface.address.v4 == plan::kMeshClient) continue;  // ours, and meant for nobody else
      interface.prefix_bits =
          static_cast<uint8_t>(std::popcount(reinterpret_cast<sockaddr_in*>(at->ifa_netmask)->sin_addr.s_addr));
    } else if (at->ifa_addr->sa_family == AF_INET6) {
      const auto& v6 = reinterpret_cast<sockaddr_in6*>(at->ifa_addr)->sin6_addr;
      if (IN6_IS_ADDR_LINKLOCAL(&v6)) continue;
      Ipv6 address;
      std::memcpy(address.octets.data(), &v6, 16);
      interface.address = IpAddress::from(address);
      interface.prefix_bits = 128;
    } else {
      continue;
    }
    out.push_back(interface);
  }
  return out;
}

Result<ListenAddress> choose_listen_address(const std::string& text, const std::vector<HostInterface>& interfaces) {
  Error bad = make_error(Code::kInvalidArgument,
                         "listen address must be an IP address or network interface (with optional port number)");
  if (text.empty()) return ListenAddress{};
  auto parsed = HostPort::parse(text, 2377);
  if (!parsed.ok() || parsed->port == 0) return bad;
  if (auto address = IpAddress::parse(parsed->host); address.ok()) return ListenAddress{*address, parsed->port};
  if (const auto* interface = find_interface(parsed->host, interfaces))
    return ListenAddress{interface->address, parsed->port};
  return bad;
}

Result<HostPort> choose_advertise_address(const std::string& text, const ListenAddress& listen,
                                          const std::vector<HostInterface>& interfaces) {
  if (!text.empty()) {
    auto parsed = HostPort::parse(text, listen.port);
    if (!parsed.ok() || parsed->port == 0) return bad_advertise();
    if (auto address = IpAddress::parse(parsed->host); address.ok()) {
      if (address->is_unspecified()) return bad_advertise();
      return HostPort{address->text(), parsed->port};
    }
    if (const auto* interface = find_interface(parsed->host, interfaces))
      return HostPort{interface->address.text(), parsed->port};
    return bad_advertise();
  }
  if (!listen.address.is_unspecified()) return HostPort{listen.address.text(), listen.port};
  std::vector<const HostInterface*> candidates;
  for (const auto& interface : interfaces)
    if (!interface.address.is_v6) candidates.push_back(&interface);
  if (candidates.empty())
    for (const auto& interface : interfaces) candidates.push_back(&interface);
  if (candidates.empty())
    return make_error(Code::kInvalidArgument, "could not find the system's IP address", "",
                      "specify one with --advertise-addr");
  if (candidates.size() > 1) {
    std::set<std::string> names;
    for (const auto* candidate : candidates) names.insert(candidate->name);
    std::string where = names.size() > 1 ? "on different interfaces" : "on interface " + candidates[0]->name;
    auto shown = [&](const HostInterface* c) { return c->address.text() + (names.size() > 1 ? " on " + c->name : ""); };
    return make_error(Code::kInvalidArgument,
                      "could not choose an IP address to advertise since this system has multiple addresses " + where +
                          " (" + shown(candidates[0]) + " and " + shown(candidates[1]) +
                          ") - specify one with --advertise-addr");
  }
  return HostPort{candidates[0]->address.text(), listen.port};
}

Result<std::optional<Ipv4>> choose_data_path_address(const std::string& text,
                                                     const std::vector<HostInterface>& interfaces) {
  if (text.empty()) return std::optional<Ipv4>();
  if (auto address = Ipv4::parse(text); address.ok() && !address->is_unspecified()) return std::optional(*address);
  const auto* interface = find_interface(text, interfaces);
  if (interface && !interface->address.is_v6) return std::optional(interface->address.v4);
  return make_error(Code::kInvalidArgument, "data path address must be a non-zero IPv4 address or network interface");
}

Result<void> check_port_free(const IpAddress& address, uint16_t port, bool is_udp, const std::string& purpose) {
  int fd = ::socket(address.is_v6 ? AF_INET6 : AF_INET, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
  if (fd < 0) return make_error(Code::kUnavailable, "cannot open a socket", std::strerror(errno));
  int on = 1;
  if (!is_udp) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = 0;
  sockaddr_storage name = socket_address(address, port, size);
  int bound = ::bind(fd, reinterpret_cast<sockaddr*>(&name), size);
  int code = errno;
  ::close(fd);
  if (bound == 0) return {};
  std::string where = std::string(is_udp ? "UDP" : "TCP") + " port " + std::to_string(port) + " (" + purpose + ")";
  if (code == EADDRINUSE)
    return make_error(Code::kUnavailable, where + " is taken by another program on this host", "",
                      "stop it (`ss -lnp` shows it) and try again");
  if (code == EADDRNOTAVAIL)
    return make_error(Code::kInvalidArgument, "this host has no address " + address.text(), "",
                      "choose another --listen-addr");
  return make_error(Code::kUnavailable, "cannot use " + where, std::strerror(code));
}

}  // namespace skein::node
