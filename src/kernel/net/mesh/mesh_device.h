// The pair of devices by which the host hands over to the data path what clients send to published ports.
//
// `skein-mesh` has the address of the host's own programs (plan/mesh.h); what the host sends out of it arrives at
// `skein-mesh-in`, whose program takes all of it. The neighbour kMeshEntry is permanent, since nobody answers ARP. The
// kernel accepts 127.0.0.0/8 on the device, because the host's own connections to published ports of localhost are
// translated there. Where the host has IPv6, the same way leads to kMeshEntry6 (mesh_ipv6.h).
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "kernel/net/links/netlink.h"

namespace skein::kernel::net {

struct MeshDevices {
  uint32_t device = 0, inner = 0;  // interface indices
  uint32_t mtu_bytes = 0;
};

// In the place of what is there. On error nothing is left.
Result<MeshDevices> create_mesh_devices(Netlink& netlink, uint32_t mtu_bytes);

// Succeeds when they are not there.
Result<void> delete_mesh_devices(Netlink& netlink);

// None when they are not there or not complete.
Result<std::optional<MeshDevices>> observe_mesh_devices(Netlink& netlink);

}  // namespace skein::kernel::net
