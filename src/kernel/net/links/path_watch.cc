#include "kernel/net/links/path_watch.h"

#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "kernel/net/links/link.h"
#include "kernel/net/links/netlink.h"
#include "kernel/net/links/notices.h"

namespace skein::kernel::net {
namespace {

// Of IPv6 for the clients of the routing mesh; hosts reach each other by IPv4.
constexpr std::initializer_list<int> kGroups = {RTNLGRP_LINK,        RTNLGRP_NEIGH,     RTNLGRP_IPV4_ROUTE,
                                                RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_ROUTE,
                                                RTNLGRP_IPV6_IFADDR};
constexpr uint16_t kKnownMac = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP;

struct NextHop {
  uint32_t interface_index = 0;
  Ipv4 address;
  auto operator<=>(const NextHop&) const = default;
};

struct Route {
  NextHop next_hop;
  Ipv4 source;
  uint32_t mtu_bytes = 0;  // 0: that of the device
};

struct Device {
  Mac mac;  // zero without link layer
  uint32_t mtu_bytes = 0;
  bool has_neighbours = false;
};

struct Neighbour {
  std::optional<Mac> mac;
  bool is_missing = false;
  bool is_stale = false;
};
using Neighbours = std::map<NextHop, Neighbour>;

NextHop hop_of(const nlmsghdr& message) {
  const auto* header = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(&message));
  return {static_cast<uint32_t>(header->ndm_ifindex), Attributes<NDA_MAX>(message, sizeof(ndmsg)).address(NDA_DST)};
}

Neighbour neighbour_of(const nlmsghdr& message) {
  const auto* found = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(&message));
  Neighbour out{.is_stale = (found->ndm_state & NUD_STALE) != 0};
  if (found->ndm_state & kKnownMac) out.mac = Attributes<NDA_MAX>(message, sizeof(ndmsg)).mac(NDA_LLADDR);
  return out;
}

}  // namespace

struct PathWatch::State {
  State(Notices events_in, Netlink query_socket) : events(std::move(events_in)), netlink(std::move(query_socket)) {}

  News news_of(const nlmsghdr& message);
  News news_of_client_route(const nlmsghdr& message);
  bool is_known(const NextHop& hop, const std::optional<Mac>& mac) const;
  plan::HostPath path_to(Ipv4 target, std::map<uint32_t, Device>& devices, const Neighbours* all = nullptr);
  std::optional<Route> route_to(Ipv4 target);
  std::optional<Device> device(uint32_t index);
  Neighbour neighbour(const NextHop& next_hop);
  std::optional<Neighbours> neighbours();
  void confirm(const NextHop& next_hop);

  Notices events;
  Netlink netlink;
  std::map<Ipv4, plan::HostPath> paths;
  std::map<NextHop, std::set<Ipv4>> next_hops;  // whose changes matter, and to whom
  std::set<NextHop> changed_hops;
  bool is_all_changed = false;
  std::set<std::string> removed_links;
};

PathWatch::News PathWatch::State::news_of(const nlmsghdr& message) {
  const void* payload = mnl_nlmsg_get_payload(&message);
  switch (message.nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      const Attributes<IFLA_MAX> attributes(message, sizeof(ifinfomsg));
      if (attributes.u32(IFLA_GROUP) == kLinkGroup) {
        if (message.nlmsg_type == RTM_DELLINK) removed_links.insert(attributes.text(IFLA_IFNAME));
        return News::kNone;
      }
      auto index = static_cast<uint32_t>(static_cast<const ifinfomsg*>(payload)->ifi_index);
      bool is_ours = std::any_of(paths.begin(), paths.end(), [&](const auto& path) {
        return path.second.interface_index == index || path.second.interface_index == 0;
      });
      return is_ours ? News::kDevices : News::kNone;
    }
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH: {
      const NextHop hop = hop_of(message);
      if (!next_hops.contains(hop)) return News::kNone;
      if (message.nlmsg_type == RTM_NEWNEIGH && is_known(hop, neighbour_of(message).mac)) return News::kNone;
      changed_hops.insert(hop);
      return News::kNeighbours;
    }
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
      const auto* route = static_cast<const rtmsg*>(payload);
      if (route->rtm_protocol == kRouteProtocol) return News::kNone;
      return route->rtm_family == AF_INET6 ? news_of_client_route(message) : News::kDevices;
    }
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      const auto* address = static_cast<const ifaddrmsg*>(payload);
      if (address->ifa_family != AF_INET6) return News::kDevices;
      return address->ifa_scope == RT_SCOPE_UNIVERSE ? News::kClients : News::kNone;
    }
    default: return News::kDevices;
  }
}

// Each device that comes up has routes to its own neighbours and groups, those of containers as well.
PathWatch::News PathWatch::State::news_of_client_route(const nlmsghdr& message) {
  const auto* route = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(&message));
  if (route->rtm_type != RTN_UNICAST && route->rtm_type != RTN_UNREACHABLE) return News::kNone;
  Attributes<RTA_MAX> attributes(message, sizeof(rtmsg));
  const nlattr* target = attributes[RTA_DST];
  if (!target) return News::kClients;
  const auto* address = static_cast<const in6_addr*>(mnl_attr_get_payload(target));
  return IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_MULTICAST(address) ? News::kNone : News::kClients;
}

// The kernel tells of each step of its own confirmations.
bool PathWatch::State::is_known(const NextHop& hop, const std::optional<Mac>& mac) const {
  return std::ranges::all_of(next_hops.at(hop), [&](Ipv4 target) {
    auto path = paths.find(target);
    return path == paths.end() || path->second.next_hop_mac == mac;
  });
}

std::optional<Route> PathWatch::State::route_to(Ipv4 target) {
  Request request(RTM_GETROUTE, 0);
  rtmsg& header = request.header<rtmsg>();
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  request.put_address(RTA_DST, target);
  std::optional<Route> route;
  auto asked = netlink.query(request, "look up the route to " + target.text(), [&](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWROUTE) return;
    if (static_cast<const rtmsg*>(mnl_nlmsg_get_payload(&message))->rtm_type != RTN_UNICAST) return;
    Attributes<RTA_MAX> attributes(message, sizeof(rtmsg));
    Attributes<RTAX_MAX> metrics(attributes[RTA_METRICS]);
    Ipv4 gateway = attributes.address(RTA_GATEWAY);
    route = Route{.next_hop = {attributes.u32(RTA_OIF), gateway.is_unspecified() ? target : gateway},
                  .source = attributes.address(RTA_PREFSRC),
                  .mtu_bytes = metrics.u32(RTAX_MTU)};
  });
  return asked.ok() ? route : std::nullopt;  // the usual error is "network unreachable"
}

std::optional<Device> PathWatch::State::device(uint32_t index) {
  Request request(RTM_GETLINK, 0);
  request.header<ifinfomsg>().ifi_index = static_cast<int>(index);
  std::optional<Device> device;
  auto asked = netlink.query(request, "read interface " + std::to_string(index), [&](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWLINK) return;
    const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(&message));
    Attributes<IFLA_MAX> attributes(message, sizeof(ifinfomsg));
    bool is_ethernet = header->ifi_type == ARPHRD_ETHER;
    device = Device{.mac = is_ethernet ? attributes.mac(IFLA_ADDRESS) : Mac{},
                    .mtu_bytes = attributes.u32(IFLA_MTU),
                    .has_neighbours = is_ethernet && !(header->ifi_flags & IFF_NOARP)};
  });
  return asked.ok() ? device : std::nullopt;  // deleted since the route was read
}

Neighbour PathWatch::State::neighbour(const NextHop& next_hop) {
  Request request(RTM_GETNEIGH, 0);
  ndmsg& header = request.header<ndmsg>();
  header.ndm_family = AF_INET;
  header.ndm_ifindex = static_cast<int>(next_hop.interface_index);
  request.put_address(NDA_DST, next_hop.address);
  Neighbour neighbour{.is_missing = true};
  auto asked = netlink.query(request, "read the neighbour " + next_hop.address.text(), [&](const nlmsghdr& message) {
    if (message.nlmsg_type == RTM_NEWNEIGH) neighbour = neighbour_of(message);
  });
  (void)asked;  // "no such entry" is the usual error, and is_missing says it
  return neighbour;
}

// All at once; none if the table cannot be read.
std::optional<Neighbours> PathWatch::State::neighbours() {
  Request request(RTM_GETNEIGH, NLM_F_DUMP);
  request.header<ndmsg>().ndm_family = AF_INET;
  Neighbours out;
  auto asked = netlink.query(request, "list neighbours", [&](const nlmsghdr& message) {
    if (message.nlmsg_type == RTM_NEWNEIGH) out[hop_of(message)] = neighbour_of(message);
  });
  if (!asked.ok()) return std::nullopt;
  return out;
}

// As a packet of the kernel's own would do: resolves a neighbour that is not known, probes one that is stale.
void PathWatch::State::confirm(const NextHop& next_hop) {
  Request request(RTM_NEWNEIGH, NLM_F_CREATE);
  ndmsg& header = request.header<ndmsg>();
  header.ndm_family = AF_INET;
  header.ndm_ifindex = static_cast<int>(next_hop.interface_index);
  header.ndm_flags = NTF_USE;
  request.put_address(NDA_DST, next_hop.address);
  // A device that has just gone down refuses; its routes are gone as well, as the next refresh shows.
  (void)netlink.execute(request, "resolve the neighbour " + next_hop.address.text());
}

plan::HostPath PathWatch::State::path_to(Ipv4 target, std::map<uint32_t, Device>& devices, const Neighbours* all) {
  plan::HostPath path;
  std::optional<Route> route = route_to(target);
  if (!route) return path;
  uint32_t index = route->next_hop.interface_index;
  if (!devices.contains(index)) {
    std::optional<Device> found = device(index);
    if (!found) return path;
    devices[index] = *found;
  }
  const Device& out = devices[index];
  path.interface_index = index;
  path.source = route->source;
  path.source_mac = out.mac;
  path.mtu_bytes = route->mtu_bytes ? std::min(route->mtu_bytes, out.mtu_bytes) : out.mtu_bytes;
  if (!out.has_neighbours) return path;

  next_hops[route->next_hop].insert(target);
  Neighbour hop{.is_missing = true};
  if (!all)
    hop = neighbour(route->next_hop);
  else if (auto found = all->find(route->next_hop); found != all->end())
    hop = found->second;
  path.next_hop_mac = hop.mac;
  if (hop.is_missing || hop.is_stale) confirm(route->next_hop);
  return path;
}

PathWatch::PathWatch(std::unique_ptr<State> state) : state_(std::move(state)) {}
PathWatch::PathWatch(PathWatch&&) noexcept = default;
PathWatch& PathWatch::operator=(PathWatch&&) noexcept = default;
PathWatch::~PathWatch() = default;

Result<PathWatch> PathWatch::open() {
  SKEIN_TRY_ASSIGN(Notices events, Notices::open(NETLINK_ROUTE, kGroups, "watch routes and neighbours"));
  SKEIN_TRY_ASSIGN(Netlink netlink, Netlink::open());
  return PathWatch(std::make_unique<State>(std::move(events), std::move(netlink)));
}

int PathWatch::fd() const { return state_->events.fd(); }

PathWatch::News PathWatch::take_events() {
  News news = News::kNone;
  if (state_->events.take([&](const nlmsghdr& message) { news = std::max(news, state_->news_of(message)); }))
    news = News::kDevices;
  state_->is_all_changed |= news == News::kDevices;
  return news;
}

std::set<std::string> PathWatch::take_removed_links() { return std::exchange(state_->removed_links, {}); }

void PathWatch::set_targets(const std::set<Ipv4>& targets) {
  std::map<uint32_t, Device> devices;
  std::erase_if(state_->paths, [&](const auto& path) { return !targets.contains(path.first); });
  for (Ipv4 target : targets)
    if (auto [path, is_new] = state_->paths.try_emplace(target); is_new)
      path->second = state_->path_to(target, devices);
}

bool PathWatch::refresh_changed() {
  if (std::exchange(state_->is_all_changed, false)) return refresh();
  std::set<Ipv4> targets;
  for (const NextHop& hop : std::exchange(state_->changed_hops, {})) targets.merge(state_->next_hops[hop]);
  std::map<uint32_t, Device> devices;
  bool has_changed = false;
  for (Ipv4 target : targets) {
    auto known = state_->paths.find(target);
    if (known == state_->paths.end()) continue;  // no target any more
    plan::HostPath path = state_->path_to(target, devices);
    has_changed |= std::exchange(known->second, path) != path;
  }
  return has_changed;
}

bool PathWatch::refresh() {
  std::map<uint32_t, Device> devices;
  std::map<Ipv4, plan::HostPath> paths;
  state_->next_hops.clear();
  state_->changed_hops.clear();
  state_->is_all_changed = false;
  const std::optional<Neighbours> all = state_->neighbours();
  for (const auto& [target, before] : state_->paths)
    paths[target] = state_->path_to(target, devices, all ? &*all : nullptr);
  bool has_changed = paths != state_->paths;
  state_->paths = std::move(paths);
  return has_changed;
}

const std::map<Ipv4, plan::HostPath>& PathWatch::paths() const { return state_->paths; }

Result<uint32_t> PathWatch::interface_of(Ipv4 own_address) {
  Request request(RTM_GETADDR, NLM_F_DUMP);
  request.header<ifaddrmsg>().ifa_family = AF_INET;
  uint32_t index = 0;
  SKEIN_TRY(state_->netlink.query(request, "list addresses", [&](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWADDR) return;
    if (Attributes<IFA_MAX>(message, sizeof(ifaddrmsg)).address(IFA_LOCAL) == own_address)
      index = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(&message))->ifa_index;
  }));
  if (index == 0)
    return make_error(Code::kNotFound, "find the interface with address " + own_address.text(), "there is none",
                      "name an address of this host as data path address");
  return index;
}

}  // namespace skein::kernel::net
