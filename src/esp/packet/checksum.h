// The Internet checksum (RFC 1071), on bytes as they lie in memory: a folded sum is stored as it is, in either byte
// order of the machine. Pure.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

namespace skein::esp {

// Numbers of the wire, at any alignment.
inline uint16_t load16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
inline uint32_t load32(const uint8_t* at) { return uint32_t{load16(at)} << 16 | load16(at + 2); }
inline uint64_t load64(const uint8_t* at) { return uint64_t{load32(at)} << 32 | load32(at + 4); }
inline void store16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8), at[1] = static_cast<uint8_t>(value);
}
inline void store32(uint8_t* at, uint32_t value) {
  store16(at, static_cast<uint16_t>(value >> 16));
  store16(at + 2, static_cast<uint16_t>(value));
}
inline void store64(uint8_t* at, uint64_t value) {
  store32(at, static_cast<uint32_t>(value >> 32));
  store32(at + 4, static_cast<uint32_t>(value));
}

// A number of the wire as a summand.
inline uint16_t summand(uint16_t value) {
  uint8_t bytes[2];
  store16(bytes, value);
  uint16_t native;
  std::memcpy(&native, bytes, 2);
  return native;
}

inline uint16_t fold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

// Of any length up to a datagram's; an odd last byte counts as followed by zero, so only the last part may be odd.
uint64_t sum_of(std::span<const uint8_t> bytes);

// Puts the checksum of the bytes from `start` on at `start + offset`, where the sum of the pseudo header stands. A zero
// is written as ffff, as UDP wants it and TCP may have it.
void complete_checksum(std::span<uint8_t> frame, size_t start, size_t offset);

}  // namespace skein::esp
