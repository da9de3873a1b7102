// Per-interface IPv4 settings of our devices: written when one is settled, compared when it is observed.
#pragma once

#include <linux/if_link.h>
#include <linux/ip.h>

#include <array>
#include <cstdint>
#include <span>

#include "kernel/net/links/netlink.h"

namespace skein::kernel::net {

struct LinkSetting {
  uint16_t attribute;  // IPV4_DEVCONF_*, as in IFLA_INET_CONF
  uint32_t value;
};

inline constexpr std::array<LinkSetting, 5> kLinkSettings = {{
    {IPV4_DEVCONF_FORWARDING, 1},
    {IPV4_DEVCONF_RP_FILTER, 0},       // effective value is the maximum with conf.all: the host route satisfies both
    {IPV4_DEVCONF_ROUTE_LOCALNET, 1},  // 127.0.0.1:port of the host, published; guarded by the firewall
    {IPV4_DEVCONF_SEND_REDIRECTS, 0},  // two containers of one network never talk through the host's routing
    {IPV4_DEVCONF_PROXY_ARP, 0},       // ARP is the data path's business
}};

// Of the routing mesh's device.
inline constexpr std::array<LinkSetting, 2> kMeshSettings = {{
    {IPV4_DEVCONF_FORWARDING, 1},
    {IPV4_DEVCONF_ROUTE_LOCALNET, 1},  // the host's own connections to published ports of 127.0.0.1
}};

// Whether the device has them. IFLA_INET_CONF is an array of 32-bit values, the first one being IPV4_DEVCONF 1.
inline bool has_settings(const Attributes<IFLA_MAX>& link, std::span<const LinkSetting> settings) {
  Attributes<AF_INET6> families(link[IFLA_AF_SPEC]);
  Attributes<IFLA_INET_MAX> inet(families[AF_INET]);
  const nlattr* conf = inet[IFLA_INET_CONF];
  if (!conf) return false;
  const auto* values = static_cast<const uint32_t*>(mnl_attr_get_payload(conf));
  size_t count = mnl_attr_get_payload_len(conf) / sizeof(uint32_t);
  for (const LinkSetting& setting : settings)
    if (setting.attribute > count || values[setting.attribute - 1] != setting.value) return false;
  return true;
}

}  // namespace skein::kernel::net
