// Text forms of byte strings. Bytes are carried in std::string or spans of uint8_t.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skein {

inline std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string to_hex(std::string_view bytes);
Result<std::string> from_hex(std::string_view text);

// Standard alphabet with padding (RFC 4648 section 4). Decoding also takes the URL-safe alphabet and no padding.
std::string to_base64(std::string_view bytes);
Result<std::string> from_base64(std::string_view text);

// The bytes as one big-endian number in base 36 (0-9a-z), left-padded with '0' to `width` characters.
std::string to_base36(std::span<const uint8_t> bytes, size_t width);

}  // namespace skein
