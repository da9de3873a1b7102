#include "stack/values/utf8.h"

namespace skein::stack {

std::optional<std::u32string> from_utf8(std::string_view text) {
  std::u32string result;
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const size_t length = first < 0x80   ? 1
                          : first < 0xc2 ? 0
                          : first < 0xe0 ? 2
                          : first < 0xf0 ? 3
                          : first < 0xf5 ? 4
                                         : 0;
    if (length == 0 || i + length > text.size()) return std::nullopt;
    uint32_t character = length == 1 ? first : first & (0x7fU >> length);
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return std::nullopt;
      character = character << 6 | (next & 0x3f);
    }
    const bool is_too_long = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
    if (is_too_long || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff)) return std::nullopt;
    result += static_cast<char32_t>(character);
    i += length;
  }
  return result;
}

std::string to_utf8(uint32_t character) {
  std::string text;
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (character >> shift & 0x3f)); };
  if (character < 0x80) {
    text += static_cast<char>(character);
  } else if (character < 0x800) {
    text += static_cast<char>(0xc0 | character >> 6);
    tail(0);
  } else if (character < 0x10000) {
    text += static_cast<char>(0xe0 | character >> 12);
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0 | character >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
  return text;
}

}  // namespace skein::stack
