#include "kernel/net/esp_device.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "esp/outer.h"
#include "kernel/net/link.h"
#include "kernel/net/namespace.h"
#include "kernel/net/sysctl.h"

namespace skein::kernel::net {
namespace {

constexpr const char* kTun = "/dev/net/tun";
constexpr uint32_t kMtuBytes = 65521;  // the most that a TAP device takes
// Written last: tells that all the rest is there.
constexpr const char* kRecord = "skein-esp 1";

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

Request settings(uint32_t index) {
  Request request(RTM_NEWLINK, 0);
  ifinfomsg& header = request.header<ifinfomsg>();
  header.ifi_index = static_cast<int>(index);
  header.ifi_flags = IFF_UP | IFF_NOARP;
  header.ifi_change = IFF_UP | IFF_NOARP;
  request.put_u32(IFLA_MTU, kMtuBytes);
  request.put_mac(IFLA_ADDRESS, esp::kTapMac);
  return request;
}

Request record(uint32_t index) {
  Request request(RTM_NEWLINK, 0);
  request.header<ifinfomsg>().ifi_index = static_cast<int>(index);
  request.put_bytes(IFLA_IFALIAS, kRecord, std::string_view(kRecord).size());
  return request;
}

Result<uint32_t> finish(Netlink& netlink) {
  Result<void> silenced = write_sysctl(std::string("net/ipv6/conf/") + kEspDevice + "/disable_ipv6", "1");
  if (!silenced.ok() && silenced.error().code != Code::kNotFound) return silenced.error();  // kNotFound: no IPv6 at all
  SKEIN_TRY_ASSIGN(uint32_t index, interface_index(netlink, kEspDevice));
  Request set_up = settings(index), last = record(index);
  SKEIN_TRY(netlink.execute(set_up, std::string("set up the device ") + kEspDevice));
  SKEIN_TRY(netlink.execute(last, std::string("write the record of the device ") + kEspDevice));
  return index;
}

}  // namespace

Result<uint32_t> create_esp_device(Netlink& netlink) {
  Result<uint32_t> there = interface_index(netlink, kEspDevice);
  if (!there.ok()) SKEIN_TRY(make_tap());
  Result<uint32_t> finished = finish(netlink);
  if (!finished.ok() && !there.ok()) (void)delete_link(netlink, kEspDevice);  // the first error is the one to tell
  return finished;
}

Result<void> delete_esp_device(Netlink& netlink) { return delete_link(netlink, kEspDevice); }

Result<uint32_t> observe_esp_device(Netlink& netlink) {
  Request request(RTM_GETLINK, 0);
  request.header<ifinfomsg>();
  request.put_text(IFLA_IFNAME, kEspDevice);
  uint32_t seen = 0;
  Result<void> found = netlink.query(request, "find the device for encryption", [&](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWLINK) return;
    const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(&message));
    Attributes<IFLA_MAX> link(message, sizeof(ifinfomsg));
    if (link.text(IFLA_IFALIAS) == kRecord && (header->ifi_flags & IFF_UP) && link.u32(IFLA_MTU) == kMtuBytes)
      seen = static_cast<uint32_t>(header->ifi_index);
  });
  if (!found.ok() && found.error().code != Code::kNotFound) return found.error();
  return seen;
}

}  // namespace skein::kernel::net
