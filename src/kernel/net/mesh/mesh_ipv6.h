// The mesh's device for clients that come in by IPv6: ways to kMeshEntry6 and kMeshClient6, and settings under which
// the data path may look up routes to clients. No interface gets an address.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "kernel/net/links/netlink.h"

namespace skein::kernel::net {

// False where the host or this device has no IPv6, or it was switched off (conf/all/disable_ipv6).
bool wants_mesh_ipv6();

// `device` is up; `inner` is the address of its other end.
Result<void> add_mesh_ipv6(Netlink& netlink, uint32_t device, const Mac& inner);

// What does not go with the device.
void remove_mesh_ipv6(Netlink& netlink);

// Whether all of it is there.
Result<bool> has_mesh_ipv6(Netlink& netlink, uint32_t device, const Mac& inner);

}  // namespace skein::kernel::net
