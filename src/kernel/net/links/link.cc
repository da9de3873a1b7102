#include "kernel/net/links/link.h"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "kernel/net/links/link_settings.h"
#include "kernel/net/links/sysctl.h"

namespace skein::kernel::net {
namespace {

constexpr uint32_t kMetric = 0;

// Devices that `create` makes in the calling thread's namespace have no IPv6: they send no solicitations and no
// reports. Written for devices to come, since a device's own setting waits for the kernel's lock of all devices by
// trying again and again: beside other hosts' work, one write took a processor for milliseconds.
Result<void> without_ipv6(const std::function<Result<void>()>& create) {
  constexpr const char* kSetting = "net/ipv6/conf/default/disable_ipv6";
  Result<std::string> before = read_sysctl(kSetting);
  if (!before.ok()) return before.error().code == Code::kNotFound ? create() : std::move(before).error();
  if (*before == "1") return create();
  SKEIN_TRY(write_sysctl(kSetting, "1"));
  Result<void> created = create();
  Result<void> restored = write_sysctl(kSetting, *before);
  return created.ok() ? restored : created;
}

// Inside the container's namespace, whose end is up from the start.
Result<void> create_pair(Netlink& inside, const plan::LinkIntent& link, int host_namespace_fd) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  ifinfomsg& header = request.header<ifinfomsg>();
  header.ifi_flags = header.ifi_change = IFF_UP;
  request.put_text(IFLA_IFNAME, link.endpoint.interface_name);
  request.put_u32(IFLA_MTU, link.mtu_bytes);
  request.put_mac(IFLA_ADDRESS, link.endpoint.mac);
  request.nest(IFLA_LINKINFO, [&] {
    request.put_text(IFLA_INFO_KIND, "veth");
    request.nest(IFLA_INFO_DATA, [&] {
      request.nest(VETH_INFO_PEER, [&] {
        request.header<ifinfomsg>();
        request.put_text(IFLA_IFNAME, link.host_interface);
        request.put_u32(IFLA_MTU, link.mtu_bytes);
        request.put_u32(IFLA_GROUP, kLinkGroup);
        request.put_mac(IFLA_ADDRESS, Mac::from_ipv4(link.gateway));
        request.put_u32(IFLA_NET_NS_FD, static_cast<uint32_t>(host_namespace_fd));
      });
    });
  });
  return inside.execute(request, "create the veth pair " + link.host_interface);
}

Order add_address(uint32_t index, const plan::LinkIntent& link) {
  InterfaceAddress address{link.endpoint.address, link.prefix_bits};
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
  ifaddrmsg& header = request.header<ifaddrmsg>();
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = link.prefix_bits;
  header.ifa_index = index;
  request.put_address(IFA_LOCAL, address.address);
  request.put_address(IFA_ADDRESS, address.address);
  request.put_address(IFA_BROADCAST, address.subnet().last());
  return {request, "give address " + address.text() + " to " + link.endpoint.interface_name};
}

Order set_up(uint32_t index, const std::string& name) {
  Request request(RTM_NEWLINK, 0);
  ifinfomsg& header = request.header<ifinfomsg>();
  header.ifi_index = static_cast<int>(index);
  header.ifi_flags = IFF_UP;
  header.ifi_change = IFF_UP;
  return {request, "set " + name + " up"};
}

Result<void> set_mtu(Netlink& netlink, uint32_t index, uint32_t mtu_bytes, const std::string& name) {
  Request request(RTM_NEWLINK, 0);
  request.header<ifinfomsg>().ifi_index = static_cast<int>(index);
  request.put_u32(IFLA_MTU, mtu_bytes);
  return netlink.execute(request, "set MTU " + std::to_string(mtu_bytes) + " of " + name);
}

// The default route has no gateway that the kernel could know: it is on the link, and the data path answers for it.
Order default_route(uint32_t index, const plan::LinkIntent& link) {
  bool is_wanted = link.endpoint.has_default_route;
  Request request(is_wanted ? RTM_NEWROUTE : RTM_DELROUTE, is_wanted ? NLM_F_CREATE | NLM_F_REPLACE : 0);
  rtmsg& header = request.header<rtmsg>();
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = is_wanted ? RTPROT_STATIC : RTPROT_UNSPEC;
  header.rtm_scope = is_wanted ? RT_SCOPE_UNIVERSE : RT_SCOPE_NOWHERE;
  header.rtm_type = is_wanted ? RTN_UNICAST : RTN_UNSPEC;
  if (is_wanted) header.rtm_flags = RTNH_F_ONLINK;
  request.put_address(RTA_GATEWAY, link.gateway);
  request.put_u32(RTA_OIF, index);
  return {request,
          (is_wanted ? "set the default route through " : "remove the default route through ") + link.gateway.text()};
}

Result<void> change_default_route(Netlink& inside, uint32_t index, const plan::LinkIntent& link) {
  Order order = default_route(index, link);
  Result<void> changed = inside.execute(order.request, order.what);
  const bool is_gone = !changed.ok() && changed.error().code == Code::kNotFound;
  if (is_gone && !link.endpoint.has_default_route) return {};  // the container removed it
  return changed;
}

// With the calling thread inside the container's namespace.
Result<void> configure_inside(Netlink& inside, const plan::LinkIntent& link) {
  const std::string& name = link.endpoint.interface_name;
  SKEIN_TRY_ASSIGN(uint32_t index, interface_index(inside, name));
  std::vector<Order> orders{add_address(index, link)};
  if (link.endpoint.has_default_route) orders.push_back(default_route(index, link));
  return inside.execute_all(orders);
}

Result<void> write_record(Netlink& netlink, uint32_t index, const plan::LinkIntent& link) {
  Request request(RTM_NEWLINK, 0);
  request.header<ifinfomsg>().ifi_index = static_cast<int>(index);
  std::string record = plan::link_record(link);
  request.put_bytes(IFLA_IFALIAS, record.data(), record.size());
  return netlink.execute(request, "write the record of " + link.host_interface);
}

Order settings(uint32_t index, const std::string& name) {
  Request request(RTM_NEWLINK, 0);
  request.header<ifinfomsg>().ifi_index = static_cast<int>(index);
  request.nest(IFLA_AF_SPEC, [&] {
    request.nest(AF_INET, [&] {
      request.nest(IFLA_INET_CONF, [&] {
        for (const LinkSetting& setting : kLinkSettings) request.put_u32(setting.attribute, setting.value);
      });
    });
    // Without an address of its own the host end says nothing by IPv6, and the data path hands it none.
    if (has_ipv6(name))
      request.nest(AF_INET6, [&] { request.put_u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE); });
  });
  return {request, "write the settings of " + name};
}

Order neighbour(uint32_t index, const plan::LinkIntent& link) {
  Request request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
  ndmsg& header = request.header<ndmsg>();
  header.ndm_family = AF_INET;
  header.ndm_ifindex = static_cast<int>(index);
  header.ndm_state = NUD_PERMANENT;
  request.put_address(NDA_DST, link.endpoint.address);
  request.put_mac(NDA_LLADDR, link.endpoint.mac);
  return {request, "set the neighbour " + link.endpoint.address.text()};
}

Request host_route(uint16_t type, uint16_t flags, Ipv4 address, uint32_t index) {
  Request request(type, flags);
  rtmsg& header = request.header<rtmsg>();
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = kRouteProtocol;
  header.rtm_scope = RT_SCOPE_LINK;
  header.rtm_type = RTN_UNICAST;
  request.put_address(RTA_DST, address);
  request.put_u32(RTA_OIF, index);
  request.put_u32(RTA_PRIORITY, kMetric);
  return request;
}

}  // namespace

Result<void> create_link(Netlink& netlink, const plan::LinkIntent& link) {
  Fd host(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!host) return make_error(Code::kInternal, "open our own network namespace", std::strerror(errno));
  bool is_created = false;
  Result<void> configured = run_in_namespace(link.endpoint.netns_path, [&]() -> Result<void> {
    SKEIN_TRY_ASSIGN(Netlink inside, Netlink::open());
    SKEIN_TRY(without_ipv6([&] {
      Result<void> created = create_pair(inside, link, host.get());
      is_created = created.ok();
      return created;
    }));
    return configure_inside(inside, link);
  });
  // The first error is the one to tell; if the deletion fails as well, the missing record gives the link away.
  if (!configured.ok() && is_created) (void)delete_link(netlink, link.host_interface);
  return configured;
}

Result<void> delete_link(Netlink& netlink, const std::string& host_interface) {
  Request request(RTM_DELLINK, 0);
  request.header<ifinfomsg>();
  request.put_text(IFLA_IFNAME, host_interface);
  Result<void> deleted = netlink.execute(request, "delete the link " + host_interface);
  if (!deleted.ok() && deleted.error().code == Code::kNotFound) return {};
  return deleted;
}

Result<void> settle_link(Netlink& netlink, const plan::LinkIntent& link) {
  SKEIN_TRY_ASSIGN(uint32_t index, interface_index(netlink, link.host_interface));
  // Routes and neighbours need it up.
  std::vector<Order> orders{settings(index, link.host_interface), set_up(index, link.host_interface),
                            neighbour(index, link)};
  const Ipv4 address = link.endpoint.address;
  if (link.is_routed)
    orders.push_back({host_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, address, index),
                      "set the host route to " + address.text()});
  SKEIN_TRY(netlink.execute_all(orders));
  return write_record(netlink, index, link);  // tells that all the rest is there
}

Result<void> set_link_mtu(Netlink& netlink, const plan::LinkIntent& link) {
  const std::string& name = link.endpoint.interface_name;
  SKEIN_TRY_ASSIGN(Netlink inside, Netlink::open_in(link.endpoint.netns_path));
  SKEIN_TRY_ASSIGN(uint32_t inside_index, interface_index(inside, name));
  SKEIN_TRY(set_mtu(inside, inside_index, link.mtu_bytes, name));
  // Last, since it is the host end by which a later observation judges both.
  SKEIN_TRY_ASSIGN(uint32_t index, interface_index(netlink, link.host_interface));
  return set_mtu(netlink, index, link.mtu_bytes, link.host_interface);
}

Result<void> set_default_route(Netlink& netlink, const plan::LinkIntent& link) {
  SKEIN_TRY_ASSIGN(Netlink inside, Netlink::open_in(link.endpoint.netns_path));
  SKEIN_TRY_ASSIGN(uint32_t inside_index, interface_index(inside, link.endpoint.interface_name));
  SKEIN_TRY(change_default_route(inside, inside_index, link));
  SKEIN_TRY_ASSIGN(uint32_t index, interface_index(netlink, link.host_interface));
  return write_record(netlink, index, link);
}

Result<void> delete_host_route(Netlink& netlink, Ipv4 address, const std::string& host_interface) {
  Result<uint32_t> index = interface_index(netlink, host_interface);
  if (!index.ok()) return index.error().code == Code::kNotFound ? Result<void>() : Result<void>(index.error());
  Request request = host_route(RTM_DELROUTE, 0, address, *index);
  Result<void> deleted = netlink.execute(request, "delete the host route to " + address.text());
  if (!deleted.ok() && deleted.error().code == Code::kNotFound) return {};
  return deleted;
}

Result<uint32_t> interface_index(const Netlink& netlink, const std::string& name) {
  // Answered without the kernel's lock of all devices, for which a request by netlink waits.
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(netlink.fd(), SIOCGIFINDEX, &request) == 0) return static_cast<uint32_t>(request.ifr_ifindex);
  if (errno == ENODEV) return make_error(Code::kNotFound, "find the interface " + name, "there is none");
  return make_error(Code::kInternal, "find the interface " + name, std::strerror(errno));
}

}  // namespace skein::kernel::net
