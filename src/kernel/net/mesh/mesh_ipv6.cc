#include "kernel/net/mesh/mesh_ipv6.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

#include "kernel/net/links/link.h"
#include "kernel/net/links/sysctl.h"
#include "plan/mesh.h"

namespace skein::kernel::net {
namespace {

std::string setting(const char* name) { return std::string("net/ipv6/conf/") + plan::kMeshDevice + "/" + name; }

constexpr uint32_t kLoopback = 1;  // in every network namespace

bool is_entry(const nlattr* attribute) {
  return attribute && mnl_attr_get_payload_len(attribute) == sizeof(plan::kMeshEntry6.octets) &&
         memcmp(mnl_attr_get_payload(attribute), plan::kMeshEntry6.octets.data(), sizeof(plan::kMeshEntry6.octets)) ==
             0;
}

// To the entry by the device; the client is this host itself.
Order route(const Ipv6& to, uint8_t type, uint32_t device, bool is_wanted = true) {
  Request request(is_wanted ? RTM_NEWROUTE : RTM_DELROUTE, is_wanted ? NLM_F_CREATE | NLM_F_REPLACE : 0);
  rtmsg& header = request.header<rtmsg>();
  header.rtm_family = AF_INET6;
  header.rtm_dst_len = 128;
  header.rtm_table = type == RTN_LOCAL ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
  header.rtm_protocol = kRouteProtocol;
  header.rtm_type = type;
  request.put_address(RTA_DST, to);
  request.put_u32(RTA_OIF, device);
  return {request, (is_wanted ? "set the IPv6 route to " : "remove the IPv6 route to ") + to.text()};
}

Order entry_neighbour(uint32_t device, const Mac& inner) {
  Request request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
  ndmsg& header = request.header<ndmsg>();
  header.ndm_family = AF_INET6;
  header.ndm_ifindex = static_cast<int>(device);
  header.ndm_state = NUD_PERMANENT;
  request.put_address(NDA_DST, plan::kMeshEntry6);
  request.put_mac(NDA_LLADDR, inner);
  return {request, "set the IPv6 neighbour of the routing mesh"};
}

// Asks for the way, as listing all routes may take long.
Result<bool> has_route(Netlink& netlink, const Ipv6& to, uint32_t device) {
  Request request(RTM_GETROUTE, 0);
  rtmsg& header = request.header<rtmsg>();
  header.rtm_family = AF_INET6;
  header.rtm_dst_len = 128;
  request.put_address(RTA_DST, to);
  bool found = false;
  Result<void> asked = netlink.query(request, "find the way to " + to.text(), [&](const nlmsghdr& message) {
    if (message.nlmsg_type == RTM_NEWROUTE) found = Attributes<RTA_MAX>(message, sizeof(rtmsg)).u32(RTA_OIF) == device;
  });
  return asked.ok() && found;  // there may be none
}

Result<bool> has_neighbour(Netlink& netlink, uint32_t device, const Mac& inner) {
  Request request(RTM_GETNEIGH, NLM_F_DUMP);
  request.header<ndmsg>().ndm_family = AF_INET6;
  bool found = false;
  SKEIN_TRY(netlink.query(request, "list IPv6 neighbours", [&](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWNEIGH) return;
    const auto* header = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(&message));
    Attributes<NDA_MAX> attributes(message, sizeof(ndmsg));
    found |= static_cast<uint32_t>(header->ndm_ifindex) == device && (header->ndm_state & NUD_PERMANENT) &&
             is_entry(attributes[NDA_DST]) && attributes.mac(NDA_LLADDR) == inner;
  }));
  return found;
}

bool is(const std::string& name, const char* value) {
  Result<std::string> found = read_sysctl(name);
  return found.ok() && *found == value;
}

}  // namespace

bool wants_mesh_ipv6() { return has_ipv6(plan::kMeshDevice) && is("net/ipv6/conf/all/disable_ipv6", "0"); }

Result<void> add_mesh_ipv6(Netlink& netlink, uint32_t device, const Mac& inner) {
  SKEIN_TRY(write_sysctl(setting("disable_ipv6"), "0"));
  SKEIN_TRY(write_sysctl(setting("forwarding"), "1"));  // of this device: the host as a whole forwards as it did
  std::vector<Order> orders{route(plan::kMeshEntry6, RTN_UNICAST, device), entry_neighbour(device, inner),
                            route(plan::kMeshClient6, RTN_LOCAL, kLoopback)};
  return netlink.execute_all(orders);
}

void remove_mesh_ipv6(Netlink& netlink) {
  std::vector<Order> orders{route(plan::kMeshClient6, RTN_LOCAL, kLoopback, false)};
  (void)netlink.execute_all(orders);  // mostly it is not there
}

Result<bool> has_mesh_ipv6(Netlink& netlink, uint32_t device, const Mac& inner) {
  if (!is(setting("disable_ipv6"), "0") || !is(setting("forwarding"), "1")) return false;
  SKEIN_TRY_ASSIGN(bool leads_in, has_route(netlink, plan::kMeshEntry6, device));
  SKEIN_TRY_ASSIGN(bool leads_back, has_route(netlink, plan::kMeshClient6, kLoopback));
  if (!leads_in || !leads_back) return false;
  return has_neighbour(netlink, device, inner);
}

}  // namespace skein::kernel::net
