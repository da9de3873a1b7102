// The headers of an inner Ethernet frame, as far as checksums and flows need them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace skein::esp {

constexpr size_t kEthernetBytes = 14;
constexpr uint8_t kTcp = 6, kUdp = 17;
// TCP's flags (RFC 9293 section 3.1, RFC 3168).
constexpr uint8_t kFin = 0x01, kPush = 0x08, kAck = 0x10, kCwr = 0x80;

// TCP or UDP, not a fragment, with whole headers. Offsets from the start of the frame.
struct Inner {
  bool is_v6 = false;
  uint8_t protocol = 0;  // kTcp or kUdp
  uint16_t l3 = 0;       // IP header
  uint16_t l4 = 0;       // TCP or UDP header
  uint16_t payload = 0;  // what the header carries
  uint32_t end = 0;      // by the IP header's length; padding of the frame may stand behind
  uint16_t checksum() const { return l4 + checksum_offset(); }
  uint16_t checksum_offset() const { return protocol == kTcp ? 16 : 6; }
};

// Nothing for whatever else; IPv6 with extension headers too.
std::optional<Inner> parse_inner(std::span<const uint8_t> frame);

}  // namespace skein::esp
