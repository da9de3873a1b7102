#include "kernel/net/listeners.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cstring>

#include "kernel/net/links/netlink.h"

namespace skein::kernel::net {
namespace {

// As sock_diag names the addresses of a socket of either family: IPv4 is in the first word.
IpAddress address_of(const inet_diag_msg& socket, bool is_v6_only) {
  const auto ipv4 = [](uint32_t word) { return IpAddress::from(Ipv4{ntohl(word)}); };
  const auto& words = socket.id.idiag_src;
  if (socket.idiag_family == AF_INET) return ipv4(words[0]);
  in6_addr address;
  static_assert(sizeof address == sizeof words);
  std::memcpy(&address, words, sizeof address);
  if (IN6_IS_ADDR_V4MAPPED(&address)) return ipv4(words[3]);
  if (IN6_IS_ADDR_UNSPECIFIED(&address) && !is_v6_only) return IpAddress::from(Ipv4{});
  Ipv6 out;
  std::memcpy(out.octets.data(), &address, sizeof address);
  return IpAddress::from(out);
}

Result<void> add_sockets(Netlink& netlink, uint8_t family, uint8_t protocol, const MeshPorts& published,
                         std::vector<Listener>& out) {
  Request request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
  auto& asked = request.header<inet_diag_req_v2>();
  asked.sdiag_family = family;
  asked.sdiag_protocol = protocol;
  asked.idiag_states = 1u << (protocol == IPPROTO_TCP ? TCP_LISTEN : TCP_CLOSE);
  return netlink.query(request, "find programs on published ports", [&](const nlmsghdr& message) {
    if (mnl_nlmsg_get_payload_len(&message) < sizeof(inet_diag_msg)) return;
    const auto& socket = *static_cast<const inet_diag_msg*>(mnl_nlmsg_get_payload(&message));
    const Attributes<INET_DIAG_SKV6ONLY> attributes(message, sizeof socket);
    const nlattr* v6_only = attributes[INET_DIAG_SKV6ONLY];
    Listener listener{protocol, address_of(socket, v6_only && mnl_attr_get_u8(v6_only)), ntohs(socket.id.idiag_sport),
                      socket.idiag_inode};
    if (!loses_clients(listener, published)) return;
    out.push_back(listener);
    if (socket.idiag_family != AF_INET6 || listener.address != IpAddress::from(Ipv4{})) return;
    listener.address = IpAddress::from(Ipv6{});
    out.push_back(listener);
  });
}

}  // namespace

bool loses_clients(const Listener& listener, const MeshPorts& published) {
  return published.contains({listener.protocol, std::nullopt, listener.port});
}

Result<std::vector<Listener>> find_losing_listeners(const MeshPorts& published) {
  std::vector<Listener> out;
  SKEIN_TRY_ASSIGN(Netlink netlink, Netlink::open(NETLINK_SOCK_DIAG));
  for (uint8_t protocol : {uint8_t{IPPROTO_TCP}, uint8_t{IPPROTO_UDP}}) {
    const bool is_published =
        std::ranges::any_of(published, [&](const auto& entry) { return entry.first.protocol == protocol; });
    if (!is_published) continue;
    for (uint8_t family : {uint8_t{AF_INET}, uint8_t{AF_INET6}})
      SKEIN_TRY(add_sockets(netlink, family, protocol, published, out));
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace skein::kernel::net
