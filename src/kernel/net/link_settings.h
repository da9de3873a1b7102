// Per-interface IPv4 settings of host ends: written when a link is settled, compared when it is observed.
#pragma once

#include <linux/ip.h>

#include <array>
#include <cstdint>

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

}  // namespace skein::kernel::net
