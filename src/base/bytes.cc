#include "base/bytes.h"

#include <algorithm>
#include <vector>

namespace skein {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (unsigned char byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

Result<std::string> from_hex(std::string_view text) {
  std::string out;
  if (text.size() % 2) return make_error(Code::kInvalidArgument, "odd number of hex digits");
  for (size_t i = 0; i < text.size(); i += 2) {
    int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return make_error(Code::kInvalidArgument, "not a hex digit");
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? uint8_t(bytes[i + j]) : 0);
    for (size_t j = 0; j < 4; ++j) out += j <= count ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

Result<std::string> from_base64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return make_error(Code::kInvalidArgument, "truncated base64");
  std::string out;
  uint32_t group = 0;
  int bits = 0;
  for (char c : text) {
    int digit = base64_digit(c);
    if (digit < 0) return make_error(Code::kInvalidArgument, "not base64");
    group = group << 6 | static_cast<uint32_t>(digit);
    bits += 6;
    if (bits >= 8) out += static_cast<char>(group >> (bits -= 8));
  }
  return out;
}

std::string to_base36(std::span<const uint8_t> bytes, size_t width) {
  std::vector<uint8_t> number(bytes.begin(), bytes.end());
  std::string out;
  while (!number.empty()) {
    uint32_t remainder = 0;
    for (uint8_t& digit : number) {
      uint32_t value = remainder << 8 | digit;
      digit = static_cast<uint8_t>(value / 36);
      remainder = value % 36;
    }
    out += "0123456789abcdefghijklmnopqrstuvwxyz"[remainder];
    number.erase(number.begin(), std::find_if(number.begin(), number.end(), [](uint8_t d) { return d != 0; }));
  }
  while (out.size() < width) out += '0';
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace skein
