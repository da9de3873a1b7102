// For tests: packets of flows to virtual addresses, with the checksums that a change of addresses must keep right.
#pragma once

#include "kernel/testing/frames.h"

namespace skein::kernel::testing {

inline constexpr uint8_t kFin = 1, kSyn = 2, kRst = 4, kAck = 16;

// The checksum over the pseudo header and the segment; 0 over what contains its right one.
inline uint16_t transport_checksum(const IpHeader& header, const Bytes& segment) {
  return internet_checksum(big32(header.source.value) + big32(header.target.value) + Bytes{0, header.protocol} +
                           big16(segment.size()) + segment);
}

inline uint16_t transport_checksum(const Ip6Header& header, const Bytes& segment) {
  return internet_checksum(bytes_of(header.source) + bytes_of(header.target) + big32(segment.size()) +
                           Bytes{0, 0, 0, header.protocol} + segment);
}

struct Ports {
  uint16_t source = 40000, target = 80;
};

// A segment whose checksum is at `at`, behind its IP header.
template <class Header>
Bytes with_checksum(const Header& header, Bytes segment, size_t at) {
  Bytes sum = big16(transport_checksum(header, segment));
  std::copy(sum.begin(), sum.end(), segment.begin() + static_cast<ptrdiff_t>(at));
  return segment;
}
inline Bytes checksummed(const IpHeader& header, Bytes segment, size_t at) {
  return ipv4(header, with_checksum(header, std::move(segment), at));
}
inline Bytes checksummed(const Ip6Header& header, Bytes segment, size_t at) {
  return ipv6(header, with_checksum(header, std::move(segment), at));
}
inline Bytes tcp_segment(const Ports& ports, uint8_t flags, const Bytes& payload = {}) {
  return big16(ports.source) + big16(ports.target) + big32(1000) + big32(flags & kAck ? 2000 : 0) +
         Bytes{0x50, flags, 1, 0, 0, 0, 0, 0} + payload;
}
inline Bytes tcp_packet(Ipv4 source, Ipv4 target, const Ports& ports, uint8_t flags, const Bytes& payload = {}) {
  return checksummed(IpHeader{source, target, 6}, tcp_segment(ports, flags, payload), 16);
}
inline Bytes udp_packet(Ipv4 source, Ipv4 target, const Ports& ports, const Bytes& payload = Bytes(20, 'u')) {
  return checksummed(IpHeader{source, target, 17}, udp(ports.source, ports.target, payload), 6);
}
// Type 8 asks, 0 answers.
inline Bytes echo_packet(Ipv4 source, Ipv4 target, uint8_t type, uint16_t id = 77) {
  Bytes message = Bytes{type, 0, 0, 0} + big16(id) + big16(1) + Bytes(16, 'e');
  Bytes sum = big16(internet_checksum(message));
  std::copy(sum.begin(), sum.end(), message.begin() + 2);
  return ipv4({source, target, 1}, message);
}
// "Destination unreachable", about a packet of which it quotes the header and 8 bytes.
inline Bytes error_packet(Ipv4 source, Ipv4 target, uint8_t code, const Bytes& about) {
  Bytes message = Bytes{3, code, 0, 0, 0, 0, 0, 0} + part(about, 0, 28);
  Bytes sum = big16(internet_checksum(message));
  std::copy(sum.begin(), sum.end(), message.begin() + 2);
  return ipv4({source, target, 1}, message);
}

}  // namespace skein::kernel::testing
