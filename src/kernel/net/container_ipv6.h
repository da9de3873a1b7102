// IPv6 of a container on the ingress network, for clients of the routing mesh that come in by IPv6: an address that
// follows from its IPv4 one (plan::endpoint_address6), and a default route for answers. Neither routers nor neighbours
// are asked: the data path passes nothing but answers.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "kernel/net/links/netlink.h"
#include "plan/intent.h"

namespace skein::kernel::net {

// Returns the number by which our namespace knows the container's. An error: it has no IPv6, as the kernel has none,
// its link is too small, or the container has switched it off. Idempotent.
Result<int32_t> give_ipv6(Netlink& netlink, const plan::LinkIntent& link);

// The number by which our namespace knows the one at `path`, which has one after this.
Result<int32_t> number_namespace(Netlink& netlink, const std::string& path);

}  // namespace skein::kernel::net
