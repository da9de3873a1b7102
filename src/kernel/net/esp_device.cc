#include "kernel/net/esp_device.h"

#include <endian.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "esp/packet/outer.h"
#include "kernel/net/links/link.h"
#include "kernel/net/links/namespace.h"
#include "kernel/net/links/sysctl.h"

namespace skein::kernel::net {
namespace {

constexpr const char* kTun = "/dev/net/tun";
// Written last: tells that all the rest is there.
constexpr const char* kEspRecord = "skein-esp 1";

uint32_t mtu_bytes(plan::EspDevice kind) { return kind == plan::EspDevice::kTap ? 65521 : 65000; }  // TAP: the most

// Persistent, with the flags that its queues need.
Result<void> make_tap() {
  const std::string doing = std::string("make the device ") + kEspDevice;
  Fd tun(::open(kTun, O_RDWR | O_CLOEXEC));
  if (tun.get() < 0)
    return make_error(Code::kUnimplemented, doing, std::string(kTun) + ": " + strerror(errno),
                      "load the kernel module tun");
  ifreq request{};
  strncpy(request.ifr_name, kEspDevice, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
  if (ioctl(tun.get(), TUNSETIFF, &request) != 0 || ioctl(tun.get(), TUNSETPERSIST, 1) != 0)
    return make_error(Code::kUnavailable, doing, strerror(errno));
  return {};
}

Result<void> make_vxlan(Netlink& netlink, uint16_t port) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.header<ifinfomsg>();
  request.put_text(IFLA_IFNAME, kEspDevice);
  request.nest(IFLA_LINKINFO, [&] {
    request.put_text(IFLA_INFO_KIND, "vxlan");
    request.nest(IFLA_INFO_DATA, [&] {
      const uint16_t wire_port = htobe16(port);
      request.put_bytes(IFLA_VXLAN_PORT, &wire_port, sizeof wire_port);
      request.put_u8(IFLA_VXLAN_COLLECT_METADATA, 1);
      request.put_u8(IFLA_VXLAN_LEARNING, 0);
    });
  });
  return netlink.execute(request, std::string("create the device ") + kEspDevice);
}

Request settings(uint32_t index, plan::EspDevice kind) {
  Request request(RTM_NEWLINK, 0);
  ifinfomsg& header = request.header<ifinfomsg>();
  header.ifi_index = static_cast<int>(index);
  header.ifi_flags = IFF_UP | IFF_NOARP;
  header.ifi_change = IFF_UP | IFF_NOARP;
  request.put_u32(IFLA_MTU, mtu_bytes(kind));
  if (kind == plan::EspDevice::kTap) request.put_mac(IFLA_ADDRESS, esp::kTapMac);
  return request;
}

Request esp_record(uint32_t index) {
  Request request(RTM_NEWLINK, 0);
  request.header<ifinfomsg>().ifi_index = static_cast<int>(index);
  request.put_bytes(IFLA_IFALIAS, kEspRecord, std::string_view(kEspRecord).size());
  return request;
}

Result<uint32_t> finish(Netlink& netlink, plan::EspDevice kind) {
  Result<void> silenced = write_sysctl(std::string("net/ipv6/conf/") + kEspDevice + "/disable_ipv6", "1");
  if (!silenced.ok() && silenced.error().code != Code::kNotFound) return silenced.error();  // kNotFound: no IPv6 at all
  SKEIN_TRY_ASSIGN(uint32_t index, interface_index(netlink, kEspDevice));
  Request set_up = settings(index, kind), last = esp_record(index);
  SKEIN_TRY(netlink.execute(set_up, std::string("set up the device ") + kEspDevice));
  SKEIN_TRY(netlink.execute(last, std::string("write the record of the device ") + kEspDevice));
  return index;
}

EspDeviceState state_of(const nlmsghdr& message) {
  const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(&message));
  Attributes<IFLA_MAX> link(message, sizeof(ifinfomsg));
  Attributes<IFLA_INFO_MAX> info(link[IFLA_LINKINFO]);
  EspDeviceState seen{.index = static_cast<uint32_t>(header->ifi_index)};
  if (info.text(IFLA_INFO_KIND) == "tun") seen.kind = plan::EspDevice::kTap;
  if (info.text(IFLA_INFO_KIND) == "vxlan") {
    Attributes<IFLA_VXLAN_MAX> vxlan(info[IFLA_INFO_DATA]);
    const nlattr* port = vxlan[IFLA_VXLAN_PORT];
    if (port && mnl_attr_get_payload_len(port) >= sizeof(uint16_t)) seen.port = be16toh(mnl_attr_get_u16(port));
    if (vxlan[IFLA_VXLAN_COLLECT_METADATA] && mnl_attr_get_u8(vxlan[IFLA_VXLAN_COLLECT_METADATA]))
      seen.kind = plan::EspDevice::kVxlan;
  }
  const bool is_complete = link.text(IFLA_IFALIAS) == kEspRecord && (header->ifi_flags & IFF_UP) &&
                           link.u32(IFLA_MTU) == mtu_bytes(seen.kind);
  return is_complete ? seen : EspDeviceState{};
}

}  // namespace

Result<uint32_t> create_esp_device(Netlink& netlink, plan::EspDevice kind, uint16_t port) {
  const bool is_tap = kind == plan::EspDevice::kTap;
  Result<uint32_t> there = interface_index(netlink, kEspDevice);
  if (there.ok()) {
    SKEIN_TRY_ASSIGN(EspDeviceState seen, observe_esp_device(netlink));
    const bool is_other = seen.kind != plan::EspDevice::kNone && (seen.kind != kind || (!is_tap && seen.port != port));
    if (is_other || !is_tap) SKEIN_TRY(delete_link(netlink, kEspDevice));
    if (is_other || !is_tap) there = make_error(Code::kNotFound, "deleted");
  }
  if (!there.ok()) SKEIN_TRY(is_tap ? make_tap() : make_vxlan(netlink, port));
  Result<uint32_t> finished = finish(netlink, kind);
  if (!finished.ok() && !there.ok()) (void)delete_link(netlink, kEspDevice);  // the first error is the one to tell
  return finished;
}

Result<void> delete_esp_device(Netlink& netlink) { return delete_link(netlink, kEspDevice); }

Result<EspDeviceState> observe_esp_device(Netlink& netlink) {
  Request request(RTM_GETLINK, 0);
  request.header<ifinfomsg>();
  request.put_text(IFLA_IFNAME, kEspDevice);
  EspDeviceState seen;
  Result<void> found = netlink.query(request, "find the device for encryption", [&](const nlmsghdr& message) {
    if (message.nlmsg_type == RTM_NEWLINK) seen = state_of(message);
  });
  if (!found.ok() && found.error().code != Code::kNotFound) return found.error();
  return seen;
}

}  // namespace skein::kernel::net
