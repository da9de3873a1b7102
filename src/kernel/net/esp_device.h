// The device `skein-esp` between the data path and who encrypts (docs/design/encryption.md). Packets on it are longer
// than any on a wire, since it carries large frames whole.
//
// A TAP device leads to the process skein-espd; its frames are those of esp/packet/outer.h. It has several queues, and
// stays when that process ends: what is sent to it is lost then, and nothing takes another way.
//
// A vxlan device leads to the kernel's XFRM. Its frames have no outer headers: both ends of the tunnel and the network
// are metadata of the packet. It has the data path's UDP port for itself.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "kernel/net/links/netlink.h"
#include "plan/intent.h"

namespace skein::kernel::net {

inline constexpr const char* kEspDevice = "skein-esp";

// Makes it, or completes what is there; returns its interface index. kUnimplemented where the kernel has no TUN/TAP,
// kUnavailable where others have the port. `kind` is not kNone; `port` is that of a vxlan device.
Result<uint32_t> create_esp_device(Netlink& netlink, plan::EspDevice kind, uint16_t port);

// Succeeds when it is not there.
Result<void> delete_esp_device(Netlink& netlink);

struct EspDeviceState {
  plan::EspDevice kind = plan::EspDevice::kNone;  // none: it is not there, or not complete
  uint32_t index = 0;
  uint16_t port = 0;  // of a vxlan device
};
Result<EspDeviceState> observe_esp_device(Netlink& netlink);

}  // namespace skein::kernel::net
