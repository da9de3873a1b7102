// The TAP device `skein-esp` between the data path and the process that encrypts (docs/design/encryption.md).
//
// Its frames are those of esp/outer.h. It stays when that process ends: what is sent to it is lost then, and nothing
// takes another way. It has several queues, and packets on it are longer than any on a wire, since it carries large
// frames whole.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "kernel/net/netlink.h"

namespace skein::kernel::net {

inline constexpr const char* kEspDevice = "skein-esp";

// Makes it, or completes what is there; returns its interface index. kUnimplemented where the kernel has no TUN/TAP.
Result<uint32_t> create_esp_device(Netlink& netlink);

// Succeeds when it is not there.
Result<void> delete_esp_device(Netlink& netlink);

// Its interface index; 0 when it is not there or not complete.
Result<uint32_t> observe_esp_device(Netlink& netlink);

}  // namespace skein::kernel::net
