// For tests: inner frames made by the letter of their RFCs, as a TAP device gives them, and a slow but plain way to cut
// and check them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/addresses_for_test.h"
#include "base/random.h"
#include "esp/packet/checksum.h"
#include "esp/packet/tap_frame.h"
#include "esp/path/joiner.h"

namespace skein::esp {

using Bytes = std::vector<uint8_t>;

inline void append16(Bytes& bytes, uint16_t value) {
  bytes.push_back(static_cast<uint8_t>(value >> 8));
  bytes.push_back(static_cast<uint8_t>(value));
}
inline void append32(Bytes& bytes, uint32_t value) {
  append16(bytes, static_cast<uint16_t>(value >> 16));
  append16(bytes, static_cast<uint16_t>(value));
}

// RFC 1071, word by word.
inline uint16_t plain_sum(const Bytes& bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i += 2)
    sum += static_cast<uint64_t>(bytes[i]) << 8 | (i + 1 < bytes.size() ? bytes[i + 1] : 0);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

struct FrameSpec {
  bool is_v6 = false;
  bool is_udp = false;
  uint8_t flags = 0x10;  // ACK
  size_t options_bytes = 12;
  uint32_t sequence = 1000;
  uint16_t ip_id = 7;
  uint16_t source_port = 40000;
  Bytes payload;
};

inline Bytes pseudo_header(const Bytes& frame, bool is_v6, uint8_t protocol, size_t l4_bytes) {
  Bytes bytes = is_v6 ? Bytes(frame.begin() + 22, frame.begin() + 54) : Bytes(frame.begin() + 26, frame.begin() + 34);
  append32(bytes, static_cast<uint32_t>(l4_bytes));
  append32(bytes, protocol);
  return bytes;
}

// The checksum field holds the pseudo header's sum, or the whole checksum.
inline Bytes make_frame(const FrameSpec& spec, bool is_partial) {
  Bytes frame = {2, 0x42, 10, 0, 0, 2, 2, 0x42, 10, 0, 0, 1};
  const uint8_t protocol = spec.is_udp ? 17 : 6;
  const size_t l4_header = spec.is_udp ? 8 : 20 + spec.options_bytes, l4_bytes = l4_header + spec.payload.size();
  append16(frame, spec.is_v6 ? 0x86dd : 0x0800);
  if (spec.is_v6) {
    append32(frame, 0x60012345);
    append16(frame, static_cast<uint16_t>(l4_bytes));
    frame.insert(frame.end(), {protocol, 64});
    for (int i = 0; i < 32; ++i) frame.push_back(static_cast<uint8_t>(0xfd ^ i));
  } else {
    Bytes ip = {0x45, 0};
    append16(ip, static_cast<uint16_t>(20 + l4_bytes));
    append16(ip, spec.ip_id);
    append16(ip, 0x4000);
    ip.insert(ip.end(), {64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2});
    const auto sum = static_cast<uint16_t>(~plain_sum(ip));
    ip[10] = static_cast<uint8_t>(sum >> 8), ip[11] = static_cast<uint8_t>(sum);
    frame.insert(frame.end(), ip.begin(), ip.end());
  }
  const size_t l4 = frame.size();
  append16(frame, spec.source_port);
  append16(frame, 80);
  if (spec.is_udp) {
    append16(frame, static_cast<uint16_t>(l4_bytes));
    append16(frame, 0);
  } else {
    append32(frame, spec.sequence);
    append32(frame, 99);
    frame.push_back(static_cast<uint8_t>((20 + spec.options_bytes) / 4 << 4));
    frame.push_back(spec.flags);
    append16(frame, 501);
    append32(frame, 0);
    for (size_t i = 0; i < spec.options_bytes; ++i) frame.push_back(1);
  }
  frame.insert(frame.end(), spec.payload.begin(), spec.payload.end());
  const size_t field = l4 + (spec.is_udp ? 6 : 16);
  Bytes summed = pseudo_header(frame, spec.is_v6, protocol, l4_bytes);
  uint16_t sum = plain_sum(summed);
  if (!is_partial) {
    summed.insert(summed.end(), frame.begin() + static_cast<std::ptrdiff_t>(l4), frame.end());
    sum = static_cast<uint16_t>(~plain_sum(summed));
    if (sum == 0) sum = 0xffff;
  }
  frame[field] = static_cast<uint8_t>(sum >> 8), frame[field + 1] = static_cast<uint8_t>(sum);
  return frame;
}

inline VnetHeader vnet_for(const FrameSpec& spec, bool is_partial, size_t gso_bytes) {
  VnetHeader vnet;
  const auto l4 = static_cast<uint16_t>(kEthernetBytes + (spec.is_v6 ? 40 : 20));
  if (is_partial) {
    vnet.flags = kVnetNeedsChecksum;
    vnet.checksum_start = static_cast<uint16_t>(l4 + kOuterBytes);
    vnet.checksum_offset = spec.is_udp ? 6 : 16;
  }
  if (gso_bytes) {
    vnet.gso_type = spec.is_udp ? kGsoUdp : spec.is_v6 ? kGsoTcp6 : kGsoTcp4;
    vnet.gso_bytes = static_cast<uint16_t>(gso_bytes);
    vnet.header_bytes = static_cast<uint16_t>(kOuterBytes + l4 + (spec.is_udp ? 8 : 20 + spec.options_bytes));
  }
  return vnet;
}

// From one host to another, as the TAP devices of both have it.
inline const Ipv4 kHere = ip("10.99.0.1"), kThere = ip("10.99.0.2");
inline const Outer kWay{kHere, kThere, 50000, 4789, Vni{4097}};

// With virtio and outer headers.
inline Bytes as_tap(const Bytes& frame, const VnetHeader& vnet, const Outer& way = kWay) {
  Bytes bytes(kVnetBytes + kOuterBytes);
  std::memcpy(bytes.data(), &vnet, kVnetBytes);
  write_outer(bytes.data() + kVnetBytes, way, frame.size());
  bytes.insert(bytes.end(), frame.begin(), frame.end());
  return bytes;
}

// What a receiver without offloads would have to see: each segment as a frame of its own.
inline std::vector<Bytes> cut_plainly(const FrameSpec& spec, size_t gso_bytes, bool is_partial) {
  std::vector<Bytes> segments;
  for (size_t at = 0; at < spec.payload.size(); at += gso_bytes) {
    const bool is_last = at + gso_bytes >= spec.payload.size();
    FrameSpec one = spec;
    const auto from = spec.payload.begin() + static_cast<std::ptrdiff_t>(at);
    one.payload.assign(from, is_last ? spec.payload.end() : from + static_cast<std::ptrdiff_t>(gso_bytes));
    one.sequence = spec.sequence + static_cast<uint32_t>(at);
    one.ip_id = static_cast<uint16_t>(spec.ip_id + at / gso_bytes);
    if (!is_last) one.flags &= static_cast<uint8_t>(~0x09);
    if (at > 0) one.flags &= static_cast<uint8_t>(~0x80);
    segments.push_back(make_frame(one, is_partial));
  }
  return segments;
}

inline Bytes random_bytes(Random& random, size_t size) {
  Bytes bytes(size);
  random.fill(bytes);
  return bytes;
}

// Keeps what is written to the device.
class KeptFrames final : public FrameSink {
 public:
  void write(std::span<const iovec> pieces, size_t) override {
    Bytes whole;
    for (const iovec& piece : pieces) {
      const auto* bytes = static_cast<const uint8_t*>(piece.iov_base);
      whole.insert(whole.end(), bytes, bytes + piece.iov_len);
    }
    written.push_back(std::move(whole));
  }
  std::vector<Bytes> written;
};

}  // namespace skein::esp
