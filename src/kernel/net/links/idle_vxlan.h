// The vxlan device that keeps the data path's UDP port and carries nothing.
//
// The data path takes tunnel packets from the underlay device before any socket sees them. But a NIC driver, and the
// kernel for it, merges and checks received VXLAN packets (GRO, offloaded checksums) only on ports that a vxlan device
// has opened, and so does this one. Its number is one that no network gets, so that frames of unknown networks end in
// the kernel's vxlan code; and what is sent to that number is dropped by the program that is put on the device before
// it goes up. It has no address, neither ARP nor IPv6, and does not collect metadata: vxlan devices of others on the
// same port share the socket with it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/result.h"
#include "kernel/net/links/netlink.h"

namespace skein::kernel::net {

inline constexpr const char* kIdleVxlan = "skein-vxlan";
// The highest number there is; networks are numbered from 4096 upwards (model) and local ones beyond 24 bits.
inline constexpr uint32_t kIdleVni = 0xffffff;

// Called with the interface's index, to put the dropping program on it, or to remove it.
using OnInterface = std::function<Result<void>(uint32_t)>;

// On error nothing is left. kUnavailable: the port is taken by something else than vxlan devices.
Result<void> create_idle_vxlan(Netlink& netlink, uint16_t port, const OnInterface& close);

// Succeeds when there is none.
Result<void> delete_idle_vxlan(Netlink& netlink, const OnInterface& open);

// The port for which it stands; 0 when it is there, but is not up or something else; none when there is none.
Result<std::optional<uint16_t>> observe_idle_vxlan(Netlink& netlink);

}  // namespace skein::kernel::net
