// One ESP packet around one inner Ethernet frame (RFC 4303 in transport mode, RFC 4106, RFC 7348):
//
//   SPI 4 | sequence 4 | IV 8 | UDP 8 | VXLAN 8 | frame | padding 0-3 | its length 1 | next header 1 | ICV 8 or 16
//                             \______________________ sealed ______________________________________/
//
// Next header is 17; the UDP checksum is 0. The VXLAN flag 0x40, reserved in RFC 7348 and unused by its extensions
// (GBP, GPE, remote checksum), says "partial": the frame's TCP or UDP checksum was left out and its field holds the sum
// of the pseudo header. It is only sent to peers with `offload`, i.e. hosts of ours: what is sealed needs no checksum
// besides. Pure.
#pragma once

#include <cstdint>
#include <span>

#include "esp/crypto/drops.h"
#include "esp/packet/sa.h"

namespace skein::esp {

constexpr size_t kEspHeaderBytes = 16;  // with IV
constexpr size_t kFrameOffset = kEspHeaderBytes + 8 + 8;
constexpr uint8_t kVxlanHasVni = 0x08, kVxlanPartial = 0x40;

// Before padding: an Ethernet header in the smallest packet there is.
constexpr size_t kSealedBytesMin = kFrameOffset + 14 + 2 + 8;
constexpr size_t kDatagramBytesMax = 65507;  // payload of UDP over IPv4

size_t sealed_bytes(size_t frame_bytes, uint8_t icv_bytes);

// What is sealed beside the frame.
struct Envelope {
  uint16_t source_port = 0;
  uint16_t vxlan_port = 0;
  Vni vni;
  bool is_partial = false;
};

// Writes all but the frame, which stands at kFrameOffset, and seals. `packet` is sealed_bytes(frame_bytes) long.
void seal_packet(const OutboundSa& sa, unsigned thread, std::span<uint8_t> packet, size_t frame_bytes,
                 const Envelope& envelope, uint64_t sequence);

// The frame lies in the packet, behind at least kFrameOffset bytes that are free to use.
struct OpenedPacket {
  Drop drop = Drop::kNone;
  std::span<uint8_t> frame;
  uint16_t source_port = 0;
  Vni vni;
  bool is_partial = false;
};
OpenedPacket open_packet(InboundSa& sa, unsigned thread, std::span<uint8_t> packet, uint16_t vxlan_port);

}  // namespace skein::esp
