#include "kernel/net/links/idle_vxlan.h"

#include <endian.h>
#include <linux/if_link.h>
#include <net/if.h>

#include "kernel/net/links/link.h"
#include "kernel/net/links/sysctl.h"

namespace skein::kernel::net {
namespace {

Result<void> create(Netlink& netlink, uint16_t port) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  ifinfomsg& header = request.header<ifinfomsg>();
  header.ifi_flags = IFF_NOARP;
  header.ifi_change = IFF_NOARP;
  request.put_text(IFLA_IFNAME, kIdleVxlan);
  request.nest(IFLA_LINKINFO, [&] {
    request.put_text(IFLA_INFO_KIND, "vxlan");
    request.nest(IFLA_INFO_DATA, [&] {
      uint16_t wire_port = htobe16(port);
      request.put_u32(IFLA_VXLAN_ID, kIdleVni);
      request.put_bytes(IFLA_VXLAN_PORT, &wire_port, sizeof wire_port);
      request.put_u8(IFLA_VXLAN_LEARNING, 0);
    });
  });
  return netlink.execute(request, std::string("create the device ") + kIdleVxlan);
}

Result<void> set_up(Netlink& netlink, uint32_t index) {
  Request request(RTM_NEWLINK, 0);
  ifinfomsg& header = request.header<ifinfomsg>();
  header.ifi_index = static_cast<int>(index);
  header.ifi_flags = IFF_UP;
  header.ifi_change = IFF_UP;
  return netlink.execute(request, std::string("set ") + kIdleVxlan + " up");
}

Result<void> finish(Netlink& netlink, const OnInterface& close) {
  Result<void> silenced = write_sysctl(std::string("net/ipv6/conf/") + kIdleVxlan + "/disable_ipv6", "1");
  if (!silenced.ok() && silenced.error().code != Code::kNotFound) return silenced;  // kNotFound: no IPv6 at all
  SKEIN_TRY_ASSIGN(uint32_t index, interface_index(netlink, kIdleVxlan));
  SKEIN_TRY(close(index));
  return set_up(netlink, index);  // opens the port
}

uint16_t port_of(const nlmsghdr& message) {
  const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(&message));
  Attributes<IFLA_MAX> link(message, sizeof(ifinfomsg));
  Attributes<IFLA_INFO_MAX> info(link[IFLA_LINKINFO]);
  if (info.text(IFLA_INFO_KIND) != "vxlan" || !(header->ifi_flags & IFF_UP) || !(header->ifi_flags & IFF_NOARP))
    return 0;
  Attributes<IFLA_VXLAN_MAX> vxlan(info[IFLA_INFO_DATA]);
  const nlattr* port = vxlan[IFLA_VXLAN_PORT];
  if (vxlan.u32(IFLA_VXLAN_ID) != kIdleVni || !port || mnl_attr_get_payload_len(port) < sizeof(uint16_t)) return 0;
  return be16toh(mnl_attr_get_u16(port));
}

}  // namespace

Result<void> create_idle_vxlan(Netlink& netlink, uint16_t port, const OnInterface& close) {
  SKEIN_TRY(create(netlink, port));
  Result<void> finished = finish(netlink, close);
  if (!finished.ok()) (void)delete_link(netlink, kIdleVxlan);  // the first error is the one to tell
  return finished;
}

Result<void> delete_idle_vxlan(Netlink& netlink, const OnInterface& open) {
  Result<uint32_t> index = interface_index(netlink, kIdleVxlan);
  if (!index.ok()) return index.error().code == Code::kNotFound ? Result<void>() : Result<void>(index.error());
  SKEIN_TRY(delete_link(netlink, kIdleVxlan));  // first: not even for a moment is it open without the program
  return open(*index);
}

Result<std::optional<uint16_t>> observe_idle_vxlan(Netlink& netlink) {
  Request request(RTM_GETLINK, 0);
  request.header<ifinfomsg>();
  request.put_text(IFLA_IFNAME, kIdleVxlan);
  std::optional<uint16_t> port;
  Result<void> found =
      netlink.query(request, std::string("find the device ") + kIdleVxlan, [&](const nlmsghdr& message) {
        if (message.nlmsg_type == RTM_NEWLINK) port = port_of(message);
      });
  if (!found.ok() && found.error().code != Code::kNotFound) return found.error();
  return port;
}

}  // namespace skein::kernel::net
