// Reading back what link.cc makes.
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <net/if.h>
#include <netinet/in.h>

#include <optional>

#include "kernel/net/links/link.h"
#include "kernel/net/links/link_settings.h"

namespace skein::kernel::net {
namespace {

constexpr const char* kNamePrefix = "sk";

struct FoundLink {
  std::string name;
  plan::ObservedLink link;
  std::optional<uint32_t> peer_namespace;  // id within our namespace; none: the other end is in our own
};

std::optional<FoundLink> found_link(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWLINK) return std::nullopt;
  const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(&message));
  Attributes<IFLA_MAX> attributes(message, sizeof(ifinfomsg));
  FoundLink found;
  found.name = attributes.text(IFLA_IFNAME);
  Attributes<IFLA_INFO_MAX> info(attributes[IFLA_LINKINFO]);
  if (!found.name.starts_with(kNamePrefix) || attributes.u32(IFLA_GROUP) != kLinkGroup ||
      info.text(IFLA_INFO_KIND) != "veth")
    return std::nullopt;
  found.link.interface_index = static_cast<uint32_t>(header->ifi_index);
  found.link.record = attributes.text(IFLA_IFALIAS);
  found.link.mtu_bytes = attributes.u32(IFLA_MTU);
  found.link.is_settled = (header->ifi_flags & IFF_UP) && has_settings(attributes, kLinkSettings);
  if (attributes[IFLA_LINK_NETNSID]) found.peer_namespace = attributes.u32(IFLA_LINK_NETNSID);
  return found;
}

Result<plan::ObservedLink::Peer> locate_peer(Netlink& netlink, const FoundLink& found, const std::string& path) {
  using Peer = plan::ObservedLink::Peer;
  if (!found.peer_namespace) return Peer::kElsewhere;
  Result<std::optional<uint32_t>> id = namespace_id(netlink, path);
  // The path may lead to something that is no namespace (a name that was unmounted): it tells nothing then.
  if (!id.ok()) return id.error().code == Code::kPermissionDenied ? Result<Peer>(id.error()) : Peer::kUnknown;
  if (!*id) return Peer::kUnknown;
  return **id == *found.peer_namespace ? Peer::kInPlace : Peer::kElsewhere;
}

using NamesByIndex = std::map<uint32_t, std::string>;

Result<void> observe_neighbours(Netlink& netlink, const NamesByIndex& names, ObservedLinks& observed) {
  Request request(RTM_GETNEIGH, NLM_F_DUMP);
  request.header<ndmsg>().ndm_family = AF_INET;
  return netlink.query(request, "list neighbours", [&](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWNEIGH) return;
    const auto* header = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(&message));
    auto name = names.find(static_cast<uint32_t>(header->ndm_ifindex));
    if (name == names.end() || !(header->ndm_state & NUD_PERMANENT)) return;
    Attributes<NDA_MAX> attributes(message, sizeof(ndmsg));
    observed.links.at(name->second).neighbours[attributes.address(NDA_DST)] = attributes.mac(NDA_LLADDR);
  });
}

// Asks for our own routes only, so that a host with a full routing table answers as fast as any.
Result<void> observe_routes(Netlink& netlink, const NamesByIndex& names, ObservedLinks& observed) {
  Request request(RTM_GETROUTE, NLM_F_DUMP);
  rtmsg& header = request.header<rtmsg>();
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = kRouteProtocol;
  return netlink.query(request, "list routes", [&](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWROUTE) return;
    const auto* route = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(&message));
    Attributes<RTA_MAX> attributes(message, sizeof(rtmsg));
    auto name = names.find(attributes.u32(RTA_OIF));
    // Checked again, since a kernel before 4.20 does not filter.
    if (name == names.end() || route->rtm_protocol != kRouteProtocol || route->rtm_dst_len != 32) return;
    observed.routes[attributes.address(RTA_DST)] = name->second;
  });
}

}  // namespace

Result<std::optional<uint32_t>> namespace_id(Netlink& netlink, const std::string& path) {
  Fd target(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!target) return std::optional<uint32_t>();
  Request request(RTM_GETNSID, 0);
  request.header<rtgenmsg>();
  request.put_u32(NETNSA_FD, static_cast<uint32_t>(target.get()));
  std::optional<uint32_t> id;
  SKEIN_TRY(netlink.query(request, "identify the network namespace " + path, [&](const nlmsghdr& message) {
    if (message.nlmsg_type == RTM_NEWNSID)
      id = Attributes<NETNSA_MAX>(message, NLMSG_ALIGN(sizeof(rtgenmsg))).u32(NETNSA_NSID, UINT32_MAX);
  }));
  return id;
}

Result<ObservedLinks> observe_links(Netlink& netlink, const std::map<std::string, plan::LinkIntent>& wanted) {
  std::vector<FoundLink> found;
  Request request(RTM_GETLINK, NLM_F_DUMP);
  request.header<ifinfomsg>();
  SKEIN_TRY(netlink.query(request, "list interfaces", [&](const nlmsghdr& message) {
    if (auto link = found_link(message)) found.push_back(std::move(*link));
  }));

  ObservedLinks observed;
  NamesByIndex names;
  for (FoundLink& link : found) {
    if (auto want = wanted.find(link.name); want != wanted.end()) {
      SKEIN_TRY_ASSIGN(link.link.peer, locate_peer(netlink, link, want->second.endpoint.netns_path));
    }
    names[link.link.interface_index] = link.name;
    observed.links.emplace(link.name, std::move(link.link));
  }
  if (observed.links.empty()) return observed;
  SKEIN_TRY(observe_neighbours(netlink, names, observed));
  SKEIN_TRY(observe_routes(netlink, names, observed));
  return observed;
}

}  // namespace skein::kernel::net
