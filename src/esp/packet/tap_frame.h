// A frame as the TAP device gives it: a virtio header (12 bytes, the machine's byte order), the outer headers
// (outer.h), then the inner Ethernet frame. It may be a train of segments (GSO) with a checksum left out: both are the
// inner packet's. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "esp/packet/inner.h"
#include "esp/packet/outer.h"

namespace skein::esp {

// struct virtio_net_hdr_mrg_rxbuf.
struct VnetHeader {
  uint8_t flags = 0;
  uint8_t gso_type = 0;
  uint16_t header_bytes = 0;  // a hint
  uint16_t gso_bytes = 0;     // payload of each segment but the last
  uint16_t checksum_start = 0;
  uint16_t checksum_offset = 0;
  uint16_t buffers = 0;
};
constexpr size_t kVnetBytes = sizeof(VnetHeader);
static_assert(kVnetBytes == 12);

constexpr uint8_t kVnetNeedsChecksum = 1;
constexpr uint8_t kGsoNone = 0, kGsoTcp4 = 1, kGsoTcp6 = 4, kGsoUdp = 5;  // VIRTIO_NET_HDR_GSO_*
constexpr uint8_t kGsoEcn = 0x80;                                         // flag beside kGsoTcp*

// An inner frame, for whom it is, and how to cut it.
struct TapFrame {
  Outer outer;
  std::span<const uint8_t> bytes;
  std::optional<Inner> inner;
  bool needs_checksum = false;
  uint16_t checksum_start = 0, checksum_offset = 0;  // in `bytes`
  uint16_t gso_bytes = 0;                            // 0: no train
};

// Nothing if there are no outer headers, or if those of virtio contradict the frame.
std::optional<TapFrame> parse_tap_frame(std::span<const uint8_t> bytes);

// The segments of a frame, each a whole Ethernet frame: one if it is no train. Looks at the frame as long as it lives.
class Segments {
 public:
  // With `leaves_checksum`, TCP and UDP checksums that were left out stay so: the field holds the sum of the pseudo
  // header, for each segment its own. Else they are computed.
  Segments(const TapFrame& frame, bool leaves_checksum);

  size_t count() const { return count_; }
  size_t size_of(size_t index) const;
  // Of all segments but the last.
  size_t size_max() const { return size_of(0); }
  // Whether segments leave with the sum of the pseudo header alone.
  bool is_partial() const { return is_partial_; }
  void write(size_t index, uint8_t* out) const;

 private:
  void fix_headers(size_t index, uint8_t* out, size_t payload_bytes) const;

  const TapFrame& frame_;
  bool is_partial_;
  size_t header_bytes_;   // repeated in each segment
  size_t payload_bytes_;  // in all
  size_t count_;
};

}  // namespace skein::esp
