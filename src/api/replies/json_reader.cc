#include "api/replies/json_reader.h"

#include <charconv>
#include <cstdint>

#include "base/text/json_syntax.h"

namespace skein::api {

namespace {

constexpr uint32_t kReplacement = 0xfffd;

void add_utf8(uint32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static constexpr uint8_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
  out += static_cast<char>(kLead[more] | (c >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3f));
}

// The bytes of the well-formed UTF-8 character at the front (RFC 3629 section 4); 0 where there is none.
size_t utf8_bytes(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
  const auto is_tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const uint8_t lead = byte(0), second = byte(1);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return is_tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool is_fine =
        is_tail(1) && is_tail(2) && (lead != 0xe0 || second >= 0xa0) && (lead != 0xed || second < 0xa0);
    return is_fine ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool is_fine =
        is_tail(1) && is_tail(2) && is_tail(3) && (lead != 0xf0 || second >= 0x90) && (lead != 0xf4 || second < 0x90);
    return is_fine ? 4 : 0;
  }
  return 0;
}

}  // namespace

char JsonReader::peek() {
  at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonReader::next() {
  const char c = peek();
  if (c == ',') return ++at_;
  if (c != '}' && c != ']' && c != '\0') return true;
  ++at_;
  return false;
}

std::string_view JsonReader::literal() {
  peek();
  const size_t end = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
  const std::string_view out = text_.substr(at_, end - at_);
  at_ = end;
  return out;
}

std::string_view JsonReader::skip() {
  const std::string_view rest = text_.substr(std::min(at_, text_.size()));
  const size_t end = scan_json(rest).end;
  at_ += end;
  return rest.substr(0, end);
}

std::string JsonReader::key() {
  std::string name = text();
  peek();
  ++at_;
  return name;
}

std::string JsonReader::text() {
  peek();
  ++at_;
  std::string out;
  while (at_ < text_.size() && text_[at_] != '"') {
    if (text_[at_] == '\\')
      add_escape(out);
    else
      add_character(out);
  }
  ++at_;
  return out;
}

void JsonReader::add_character(std::string& out) {
  const size_t bytes = utf8_bytes(text_.substr(at_));
  if (bytes == 0) add_utf8(kReplacement, out);
  out += text_.substr(at_, bytes);
  at_ += bytes == 0 ? 1 : bytes;
}

unsigned JsonReader::hex4() {
  unsigned value = 0;
  std::from_chars(text_.data() + at_, text_.data() + std::min(at_ + 4, text_.size()), value, 16);
  at_ += 4;
  return value;
}

void JsonReader::add_escape(std::string& out) {
  static constexpr std::string_view kNames = "bfnrt", kValues = "\b\f\n\r\t";
  const char c = text_[at_ + 1];
  at_ += 2;
  if (c != 'u') {
    const size_t known = kNames.find(c);
    out += known == kNames.npos ? c : kValues[known];
    return;
  }
  uint32_t value = hex4();
  const bool is_first_half = value >= 0xd800 && value < 0xdc00;
  if (is_first_half && text_.substr(at_, 2) == "\\u") {
    const size_t before = at_;
    at_ += 2;
    const uint32_t second = hex4();
    if (second >= 0xdc00 && second < 0xe000)
      return add_utf8(0x10000 + ((value - 0xd800) << 10) + (second - 0xdc00), out);
    at_ = before;
  }
  if (value >= 0xd800 && value < 0xe000) value = kReplacement;
  add_utf8(value, out);
}

}  // namespace skein::api
