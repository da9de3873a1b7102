#include "kernel/net/mesh/mesh_device.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>

#include "kernel/net/links/link.h"
#include "kernel/net/links/link_settings.h"
#include "kernel/net/links/sysctl.h"
#include "kernel/net/mesh/mesh_ipv6.h"
#include "plan/mesh.h"

namespace skein::kernel::net {
namespace {

constexpr const char* kInner = "skein-mesh-in";
// Locally administered; nobody but the two ends ever sees them.
constexpr Mac kDeviceMac{{2, 's', 'k', 'm', 0, 1}}, kInnerMac{{2, 's', 'k', 'm', 0, 2}};
// Written last: tells that all the rest is there.
constexpr const char* kMeshRecord = "skein-mesh 1";

Result<void> create_pair(Netlink& netlink, uint32_t mtu_bytes) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.header<ifinfomsg>();
  request.put_text(IFLA_IFNAME, plan::kMeshDevice);
  request.put_u32(IFLA_MTU, mtu_bytes);
  request.put_mac(IFLA_ADDRESS, kDeviceMac);
  request.nest(IFLA_LINKINFO, [&] {
    request.put_text(IFLA_INFO_KIND, "veth");
    request.nest(IFLA_INFO_DATA, [&] {
      request.nest(VETH_INFO_PEER, [&] {
        request.header<ifinfomsg>();
        request.put_text(IFLA_IFNAME, kInner);
        request.put_u32(IFLA_MTU, mtu_bytes);
        request.put_mac(IFLA_ADDRESS, kInnerMac);
      });
    });
  });
  return netlink.execute(request, std::string("create the device ") + plan::kMeshDevice);
}

Order set_up(uint32_t index) {
  Request request(RTM_NEWLINK, 0);
  ifinfomsg& header = request.header<ifinfomsg>();
  header.ifi_index = static_cast<int>(index);
  header.ifi_flags = header.ifi_change = IFF_UP;
  return {request, "set the devices of the routing mesh up"};
}

// Before a device is up: the kernel gives it an address of IPv6 at once.
Order configure(uint32_t index, bool is_outer) {
  Request request(RTM_NEWLINK, 0);
  request.header<ifinfomsg>().ifi_index = static_cast<int>(index);
  request.nest(IFLA_AF_SPEC, [&] {
    if (is_outer)
      request.nest(AF_INET, [&] {
        request.nest(IFLA_INET_CONF, [&] {
          for (const LinkSetting& setting : kMeshSettings) request.put_u32(setting.attribute, setting.value);
        });
      });
    if (has_ipv6(is_outer ? plan::kMeshDevice : kInner))
      request.nest(AF_INET6, [&] { request.put_u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE); });
  });
  return {request, "configure the devices of the routing mesh"};
}

Order add_address(uint32_t index) {
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
  ifaddrmsg& header = request.header<ifaddrmsg>();
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = plan::kMeshPrefixBits;
  header.ifa_scope = RT_SCOPE_LINK;  // no source of packets to anywhere else
  header.ifa_index = index;
  request.put_address(IFA_LOCAL, plan::kMeshClient);
  request.put_address(IFA_ADDRESS, plan::kMeshClient);
  return {request, std::string("give an address to ") + plan::kMeshDevice};
}

Order neighbour(uint32_t index) {
  Request request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
  ndmsg& header = request.header<ndmsg>();
  header.ndm_family = AF_INET;
  header.ndm_ifindex = static_cast<int>(index);
  header.ndm_state = NUD_PERMANENT;
  request.put_address(NDA_DST, plan::kMeshEntry);
  request.put_mac(NDA_LLADDR, kInnerMac);
  return {request, "set the neighbour of the routing mesh"};
}

Order mesh_record(uint32_t index) {
  Request request(RTM_NEWLINK, 0);
  request.header<ifinfomsg>().ifi_index = static_cast<int>(index);
  request.put_bytes(IFLA_IFALIAS, kMeshRecord, std::string_view(kMeshRecord).size());
  return {request, "write the record of the routing mesh's device"};
}

Result<MeshDevices> finish(Netlink& netlink, uint32_t mtu_bytes) {
  MeshDevices made{.mtu_bytes = mtu_bytes};
  SKEIN_TRY_ASSIGN(made.device, interface_index(netlink, plan::kMeshDevice));
  SKEIN_TRY_ASSIGN(made.inner, interface_index(netlink, kInner));
  std::vector<Order> orders{configure(made.inner, false), configure(made.device, true), set_up(made.inner),
                            set_up(made.device),          add_address(made.device),     neighbour(made.device)};
  SKEIN_TRY(netlink.execute_all(orders));
  if (wants_mesh_ipv6()) SKEIN_TRY(add_mesh_ipv6(netlink, made.device, kInnerMac));
  std::vector<Order> last{mesh_record(made.device)};
  SKEIN_TRY(netlink.execute_all(last));
  return made;
}

// A device that was set down and up again has lost its neighbour.
Result<bool> has_address_and_neighbour(Netlink& netlink, uint32_t index) {
  bool has_address = false, has_neighbour = false;
  Request addresses(RTM_GETADDR, NLM_F_DUMP);
  addresses.header<ifaddrmsg>().ifa_family = AF_INET;
  SKEIN_TRY(netlink.query(addresses, "list addresses", [&](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWADDR) return;
    const auto* header = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(&message));
    Attributes<IFA_MAX> attributes(message, sizeof(ifaddrmsg));
    has_address |= header->ifa_index == index && attributes.address(IFA_LOCAL) == plan::kMeshClient;
  }));
  Request neighbours(RTM_GETNEIGH, NLM_F_DUMP);
  neighbours.header<ndmsg>().ndm_family = AF_INET;
  SKEIN_TRY(netlink.query(neighbours, "list neighbours", [&](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWNEIGH) return;
    const auto* header = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(&message));
    Attributes<NDA_MAX> attributes(message, sizeof(ndmsg));
    has_neighbour |= static_cast<uint32_t>(header->ndm_ifindex) == index && (header->ndm_state & NUD_PERMANENT) &&
                     attributes.address(NDA_DST) == plan::kMeshEntry && attributes.mac(NDA_LLADDR) == kInnerMac;
  }));
  return has_address && has_neighbour;
}

}  // namespace

Result<MeshDevices> create_mesh_devices(Netlink& netlink, uint32_t mtu_bytes) {
  SKEIN_TRY(delete_mesh_devices(netlink));
  SKEIN_TRY(create_pair(netlink, mtu_bytes));
  Result<MeshDevices> finished = finish(netlink, mtu_bytes);
  if (!finished.ok()) (void)delete_mesh_devices(netlink);  // the first error is the one to tell
  return finished;
}

Result<void> delete_mesh_devices(Netlink& netlink) {
  remove_mesh_ipv6(netlink);
  return delete_link(netlink, plan::kMeshDevice);
}

Result<std::optional<MeshDevices>> observe_mesh_devices(Netlink& netlink) {
  Request request(RTM_GETLINK, 0);
  request.header<ifinfomsg>();
  request.put_text(IFLA_IFNAME, plan::kMeshDevice);
  std::optional<MeshDevices> seen;
  Result<void> found = netlink.query(request, "find the device of the routing mesh", [&](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWLINK) return;
    const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(&message));
    Attributes<IFLA_MAX> link(message, sizeof(ifinfomsg));
    if (link.text(IFLA_IFALIAS) != kMeshRecord || !(header->ifi_flags & IFF_LOWER_UP) ||
        !has_settings(link, kMeshSettings))
      return;
    seen = MeshDevices{static_cast<uint32_t>(header->ifi_index), link.u32(IFLA_LINK), link.u32(IFLA_MTU)};
  });
  if (!found.ok() && found.error().code != Code::kNotFound) return found.error();
  if (!seen) return seen;
  SKEIN_TRY_ASSIGN(bool is_whole, has_address_and_neighbour(netlink, seen->device));
  if (is_whole && wants_mesh_ipv6()) {
    SKEIN_TRY_ASSIGN(is_whole, has_mesh_ipv6(netlink, seen->device, kInnerMac));
  }
  return is_whole ? seen : std::nullopt;
}

}  // namespace skein::kernel::net
