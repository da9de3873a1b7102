// What stands around an inner Ethernet frame on the TAP device, both ways: the headers of a VXLAN packet (RFC 7348) as
// the data path writes and reads them on a wire without encryption.
//
//   Ethernet 14 | IPv4 20, no options | UDP 8 | VXLAN 8 | frame
//
// Lengths and checksums of what comes from the device say nothing, as it may be a train of segments. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/address.h"

namespace skein::esp {

constexpr size_t kOuterBytes = 14 + 20 + 8 + 8;

// The device's own MAC: the kernel takes what is written to it for this host's.
inline constexpr Mac kTapMac{{2, 's', 'k', 'e', 0, 1}};

struct Outer {
  Ipv4 peer;                 // the other host: destination of what comes from the device, source of what goes there
  Ipv4 local;                // ours
  uint16_t source_port = 0;  // by the inner flow
  uint16_t vxlan_port = 0;
  Vni vni;
  bool is_same_way(const Outer& other) const { return peer == other.peer && vni == other.vni; }
};

// Nothing if it is no VXLAN packet.
std::optional<Outer> parse_outer(std::span<const uint8_t> bytes);

// kOuterBytes at `out`.
void write_outer(uint8_t* out, const Outer& outer, size_t frame_bytes);

}  // namespace skein::esp
