// For tests: frames put together from their layers, with valid checksums.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"

namespace skein::kernel::testing {

using Bytes = std::vector<uint8_t>;

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
inline Bytes bytes_of(const Mac& mac) { return {mac.octets.begin(), mac.octets.end()}; }
inline Bytes big16(uint32_t value) { return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)}; }
inline Bytes big32(uint32_t value) { return big16(value >> 16) + big16(value & 0xffff); }
inline Bytes part(const Bytes& bytes, size_t from, size_t size = SIZE_MAX) {
  from = std::min(from, bytes.size());
  auto begin = bytes.begin() + static_cast<ptrdiff_t>(from);
  return {begin, begin + static_cast<ptrdiff_t>(std::min(size, bytes.size() - from))};
}
inline uint32_t read16(const Bytes& bytes, size_t at) { return bytes.at(at) << 8 | bytes.at(at + 1); }
inline uint32_t read32(const Bytes& bytes, size_t at) { return read16(bytes, at) << 16 | read16(bytes, at + 2); }

// RFC 1071; 0 over data that contains its right checksum.
inline uint16_t internet_checksum(const Bytes& data) {
  uint32_t sum = 0;
  for (size_t i = 0; i < data.size(); ++i) sum += data[i] << (i % 2 ? 0 : 8);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

inline const Mac kBroadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

struct Ethernet {
  Mac target, source;
  uint32_t protocol = 0x0800;
};
inline Bytes ethernet(const Ethernet& header, const Bytes& payload) {
  return bytes_of(header.target) + bytes_of(header.source) + big16(header.protocol) + payload;
}

struct IpHeader {
  Ipv4 source, target;
  uint8_t protocol = 17;
  uint32_t fragment = 0;  // flags and offset
};
inline Bytes ipv4(const IpHeader& header, const Bytes& payload) {
  Bytes bytes = Bytes{0x45, 0} + big16(20 + payload.size()) + big16(7) + big16(header.fragment) +
                Bytes{64, header.protocol, 0, 0} + big32(header.source.value) + big32(header.target.value);
  uint16_t sum = internet_checksum(bytes);
  bytes[10] = static_cast<uint8_t>(sum >> 8), bytes[11] = static_cast<uint8_t>(sum);
  return bytes + payload;
}

struct Ip6Header {
  Ipv6 source, target;
  uint8_t protocol = 17;
};
inline Bytes bytes_of(const Ipv6& address) { return {address.octets.begin(), address.octets.end()}; }
inline Bytes ipv6(const Ip6Header& header, const Bytes& payload) {
  return Bytes{0x60, 0, 0, 0} + big16(payload.size()) + Bytes{header.protocol, 64} + bytes_of(header.source) +
         bytes_of(header.target) + payload;
}

// Without a checksum.
inline Bytes udp(uint16_t from, uint16_t to, const Bytes& payload) {
  return big16(from) + big16(to) + big16(8 + payload.size()) + big16(0) + payload;
}
inline Bytes tcp(const Bytes& payload) {
  return big16(40000) + big16(80) + big32(1) + big32(1) + Bytes{0x50, 0x10, 1, 0, 0, 0, 0, 0} + payload;
}

inline Bytes vxlan(uint32_t vni, const Bytes& frame) { return Bytes{8, 0, 0, 0} + big32(vni << 8) + frame; }

struct Arp {
  uint16_t operation = 1;
  Mac sender_mac;
  Ipv4 sender;
  Mac target_mac;
  Ipv4 target;
};
inline Bytes arp(const Arp& arp) {
  return big16(1) + big16(0x0800) + Bytes{6, 4} + big16(arp.operation) + bytes_of(arp.sender_mac) +
         big32(arp.sender.value) + bytes_of(arp.target_mac) + big32(arp.target.value);
}

}  // namespace skein::kernel::testing
