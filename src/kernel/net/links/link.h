// veth pairs between the host and containers' network namespaces.
//
// Host ends belong to one interface group, by which rules and observation know them. They have no address; their MAC is
// made from the network's gateway (02:42:…), for which the data path answers ARP, so that what a container sends to its
// gateway arrives as meant for the host. Calls block for the duration of a few system calls.
//
// Written per host end: forwarding=1 (containers' packets are routed), rp_filter=0 (a host route is all that leads
// back), route_localnet=1 (the host's own connections to published ports of 127.0.0.1; the firewall keeps containers
// from using it), send_redirects=0, proxy_arp=0, no IPv6 address. In the container: IPv6 off on the new interface.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "kernel/net/links/netlink.h"
#include "plan/diff.h"

namespace skein::kernel::net {

// Interface group of the host ends; a number of our own, "SK" in ASCII.
inline constexpr uint32_t kLinkGroup = 0x534b;
// Origin of our routes (rtm_protocol), by which they are found again. Not one of rt_protos.
inline constexpr uint8_t kRouteProtocol = 0x5b;

// Makes both ends; the container's one is named, addressed and up, with the default route if wanted. The host end is
// down and bears no record yet. On error nothing of the pair is left.
Result<void> create_link(Netlink& netlink, const plan::LinkIntent& link);

// Succeeds when it is not there. Both ends go.
Result<void> delete_link(Netlink& netlink, const std::string& host_interface);

// Settings, permanent neighbour and host route of the host end, then up, then the record. Idempotent.
Result<void> settle_link(Netlink& netlink, const plan::LinkIntent& link);

// MTU of both ends.
Result<void> set_link_mtu(Netlink& netlink, const plan::LinkIntent& link);

// Adds or removes the container's default route through this link, then writes the record.
Result<void> set_default_route(Netlink& netlink, const plan::LinkIntent& link);

Result<void> delete_host_route(Netlink& netlink, Ipv4 address, const std::string& host_interface);

struct ObservedLinks {
  std::map<std::string, plan::ObservedLink> links;  // without programs, which the data path knows
  std::map<Ipv4, std::string> routes;
};

// Our links and routes in the caller's namespace. `wanted` gives the namespaces to look for the other ends in.
Result<ObservedLinks> observe_links(Netlink& netlink, const std::map<std::string, plan::LinkIntent>& wanted);

// The number by which our namespace knows the one at `path`; none when the path cannot be opened. A namespace that no
// veth leads to may have no number: UINT32_MAX, which no link shows.
Result<std::optional<uint32_t>> namespace_id(Netlink& netlink, const std::string& path);

// In the socket's namespace; kNotFound when there is none.
Result<uint32_t> interface_index(const Netlink& netlink, const std::string& name);

}  // namespace skein::kernel::net
