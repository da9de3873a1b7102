// Big-endian integers, as all of this protocol's own framing has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::wire::memberlist {

inline void append_big_endian(std::string& out, uint64_t value, int width_bytes) {
  for (int shift = 8 * (width_bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

// All of `bytes`, at most 8, as one number.
inline uint64_t read_big_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

}  // namespace skein::wire::memberlist
