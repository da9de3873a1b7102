// The worker's ends of the outside: a queue of the TAP device, and its sockets on the underlay. Thin; all non-blocking.
#pragma once

#include <cstdint>
#include <string>

#include "base/address.h"
#include "base/descriptor.h"
#include "base/result.h"

namespace skein::esp {

// One queue of a persistent multi-queue TAP device, with virtio headers of 12 bytes and all offloads this kernel has.
Result<Descriptor> open_tap_queue(const std::string& name);

// 0 when there is none.
unsigned device_index(const std::string& name);

// Bound to the address and port, beside others of this worker (SO_REUSEPORT), so that all packets of a peer come to
// one. Sends with DF set, as long as the path's MTU is known to take (EMSGSIZE else); receives trains (UDP_GRO).
Result<Descriptor> open_udp_socket(Ipv4 local, uint16_t port);

// Protocol 50, bound to the address. Every raw socket gets each packet, so each of `count` takes only those of its
// share of sources, by a filter in the kernel. Needs CAP_NET_RAW.
Result<Descriptor> open_raw_socket(Ipv4 local, unsigned index, unsigned count);

}  // namespace skein::esp
