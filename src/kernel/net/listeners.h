// Sockets of the host's own programs that wait for clients on published ports: the mesh takes their new ones. Asked of
// the kernel by sock_diag(7), which tells of listening TCP and of unconnected UDP sockets without touching any other.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "plan/mesh.h"

namespace skein::kernel::net {

struct Listener {
  uint8_t protocol = 6;  // IPPROTO_TCP, IPPROTO_UDP
  IpAddress address;     // unspecified: every one of its family; a socket may have both
  uint16_t port = 0;
  uint32_t inode = 0;  // of the socket; 0: it is the kernel's own
  auto operator<=>(const Listener&) const = default;
};

using MeshPorts = std::map<plan::MeshPort, plan::MeshTarget>;

// The mesh takes clients in by either family.
bool loses_clients(const Listener& listener, const MeshPorts& published);

// Those of the caller's network namespace that lose clients, in ascending order.
Result<std::vector<Listener>> find_losing_listeners(const MeshPorts& published);

}  // namespace skein::kernel::net
