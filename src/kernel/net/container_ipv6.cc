#include "kernel/net/container_ipv6.h"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

#include <cerrno>
#include <cstring>

#include "kernel/net/links/link.h"
#include "kernel/net/links/sysctl.h"
#include "plan/mesh.h"

namespace skein::kernel::net {
namespace {

constexpr Ipv6 kGateway{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
constexpr uint32_t kUnnumbered = UINT32_MAX;

std::string setting(const std::string& interface, const char* name) {
  return "net/ipv6/conf/" + interface + "/" + name;
}

// Before IPv6 is switched on: the kernel would make an address of its own, and ask for routers.
Order without_own_address(uint32_t index, const std::string& name) {
  Request request(RTM_NEWLINK, 0);
  request.header<ifinfomsg>().ifi_index = static_cast<int>(index);
  request.nest(IFLA_AF_SPEC, [&] {
    request.nest(AF_INET6, [&] { request.put_u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE); });
  });
  return {request, "keep " + name + " without an IPv6 address of its own"};
}

Order address(uint32_t index, const Ipv6& address) {
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
  ifaddrmsg& header = request.header<ifaddrmsg>();
  header.ifa_family = AF_INET6;
  header.ifa_prefixlen = 128;
  header.ifa_flags = IFA_F_NODAD;
  header.ifa_index = index;
  request.put_address(IFA_LOCAL, address);
  return {request, "give the address " + address.text()};
}

Order neighbour(uint32_t index, const Mac& mac) {
  Request request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
  ndmsg& header = request.header<ndmsg>();
  header.ndm_family = AF_INET6;
  header.ndm_ifindex = static_cast<int>(index);
  header.ndm_state = NUD_PERMANENT;
  request.put_address(NDA_DST, kGateway);
  request.put_mac(NDA_LLADDR, mac);
  return {request, "set the IPv6 neighbour " + kGateway.text()};
}

Order default_route(uint32_t index) {
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
  rtmsg& header = request.header<rtmsg>();
  header.rtm_family = AF_INET6;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_type = RTN_UNICAST;
  header.rtm_flags = RTNH_F_ONLINK;
  request.put_address(RTA_GATEWAY, kGateway);
  request.put_u32(RTA_OIF, index);
  return {request, "set the IPv6 default route"};
}

// With the calling thread inside the container's namespace.
Result<void> configure_inside(const plan::LinkIntent& link) {
  const std::string& name = link.endpoint.interface_name;
  if (!has_ipv6(name)) return make_error(Code::kNotFound, "switch IPv6 on", "the kernel has none for this link");
  SKEIN_TRY_ASSIGN(std::string is_off, read_sysctl(setting("all", "disable_ipv6")));
  if (is_off != "0") return make_error(Code::kFailedPrecondition, "switch IPv6 on", "the container has it off");
  SKEIN_TRY_ASSIGN(Netlink inside, Netlink::open());
  SKEIN_TRY_ASSIGN(uint32_t index, interface_index(inside, name));
  Order before = without_own_address(index, name);
  SKEIN_TRY(inside.execute(before.request, before.what));
  SKEIN_TRY(write_sysctl(setting(name, "accept_ra"), "0"));
  SKEIN_TRY(write_sysctl(setting(name, "disable_ipv6"), "0"));
  std::vector<Order> orders{address(index, plan::endpoint_address6(link.endpoint.address)),
                            neighbour(index, Mac::from_ipv4(link.gateway)), default_route(index)};
  return inside.execute_all(orders);
}

}  // namespace

Result<int32_t> number_namespace(Netlink& netlink, const std::string& path) {
  Fd target(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!target) return make_error(Code::kNotFound, "open the network namespace " + path, std::strerror(errno));
  Request request(RTM_NEWNSID, 0);
  request.header<rtgenmsg>();
  request.put_u32(NETNSA_FD, static_cast<uint32_t>(target.get()));
  request.put_u32(NETNSA_NSID, kUnnumbered);
  Result<void> numbered = netlink.execute(request, "number the network namespace " + path);
  if (!numbered.ok() && numbered.error().code != Code::kAlreadyExists) return numbered.error();
  SKEIN_TRY_ASSIGN(std::optional<uint32_t> id, namespace_id(netlink, path));
  if (id && *id != kUnnumbered) return static_cast<int32_t>(*id);
  return make_error(Code::kInternal, "number the network namespace " + path);
}

Result<int32_t> give_ipv6(Netlink& netlink, const plan::LinkIntent& link) {
  const std::string& path = link.endpoint.netns_path;
  SKEIN_TRY(run_in_namespace(path, [&] { return configure_inside(link); }));
  return number_namespace(netlink, path);
}

}  // namespace skein::kernel::net
