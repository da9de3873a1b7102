#include "base/text/json_syntax.h"

#include <cstdio>
#include <vector>

namespace skein {

namespace {

constexpr bool is_json_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
constexpr bool is_decimal(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_hex_digit(char c) { return is_decimal(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// A byte as Go's strconv quotes the character of its number.
std::string quoted_byte(char c) {
  static constexpr std::string_view kEscapes[] = {"\a\\a", "\b\\b", "\f\\f",  "\n\\n", "\r\\r",
                                                  "\t\\t", "\v\\v", "\\\\\\", "'\\'"};
  for (std::string_view escape : kEscapes)
    if (escape[0] == c) return "'" + std::string(escape.substr(1)) + "'";
  const auto byte = static_cast<unsigned char>(c);
  char text[8];
  if (byte < 0x20 || byte == 0x7f) {
    std::snprintf(text, sizeof text, "\\x%02x", byte);
  } else if (byte < 0x80) {
    return std::string("'") + c + "'";
  } else if (byte <= 0xa0 || byte == 0xad) {  // not printable
    std::snprintf(text, sizeof text, "\\u%04x", byte);
  } else {
    const char utf8[] = {static_cast<char>(0xc0 | (byte >> 6)), static_cast<char>(0x80 | (byte & 0x3f)), 0};
    std::snprintf(text, sizeof text, "%s", utf8);
  }
  return "'" + std::string(text) + "'";
}

// Walks over the text once; every function leaves `at_` behind what it has read, or sets the error.
class Scanner {
 public:
  Scanner(std::string_view text, size_t depth_max) : text_(text), depth_max_(depth_max) {}

  JsonScan run() {
    skip_blanks();
    if (at_ == text_.size()) return {at_, "EOF"};
    // Objects and arrays that are open, from the outside to the inside.
    std::vector<char> open;
    for (bool is_done = false; !is_done && error_.empty();) is_done = take_value(open) && close_values(open);
    return {at_, error_};
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && is_json_blank(text_[at_])) ++at_;
  }
  bool fail(const std::string& context) {
    if (error_.empty())
      error_ = at_ == text_.size() ? "unexpected EOF" : "invalid character " + quoted_byte(text_[at_]) + " " + context;
    return false;
  }
  bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) { return is_at(c) && ++at_; }

  // A whole value that holds no others, or the beginning of one that does: false then, with the next value before us.
  bool take_value(std::vector<char>& open) {
    skip_blanks();
    if (at_ == text_.size()) return fail("");
    switch (text_[at_]) {
      case '{': return begin_object(open);
      case '[': return begin_array(open);
      case '"': return take_string();
      case 't': return take_word("true");
      case 'f': return take_word("false");
      case 'n': return take_word("null");
      default: return take_number();
    }
  }

  bool opens(std::vector<char>& open) {
    open.push_back(text_[at_++]);
    if (open.size() > depth_max_) error_ = "exceeded max depth";
    skip_blanks();
    return error_.empty();
  }
  bool begin_object(std::vector<char>& open) {
    if (!opens(open)) return false;
    if (is_at('}')) return close_one(open);
    take_key();
    return false;
  }
  bool begin_array(std::vector<char>& open) {
    if (!opens(open)) return false;
    return is_at(']') && close_one(open);
  }
  bool close_one(std::vector<char>& open) {
    open.pop_back();
    ++at_;
    return true;
  }

  void take_key() {
    skip_blanks();
    if (!is_at('"')) return void(fail("looking for beginning of object key string"));
    if (!take_string()) return;
    skip_blanks();
    if (!take(':')) fail("after object key");
  }

  // After a value: ends what it ends. True when that was the outermost.
  bool close_values(std::vector<char>& open) {
    while (!open.empty()) {
      skip_blanks();
      const bool is_object = open.back() == '{';
      if (take(',')) {
        if (is_object) take_key();
        return false;
      }
      if (!is_at(is_object ? '}' : ']')) return fail(is_object ? "after object key:value pair" : "after array element");
      close_one(open);
    }
    return true;
  }

  bool take_string() {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') return ++at_;
      if (static_cast<unsigned char>(c) < 0x20) return fail("in string literal");
      ++at_;
      if (c == '\\' && !take_escape()) return false;
    }
    return fail("");
  }
  bool take_escape() {
    if (at_ == text_.size()) return fail("");
    if (std::string_view("bfnrt\\/\"").find(text_[at_]) != std::string_view::npos) return ++at_;
    if (!take('u')) return fail("in string escape code");
    for (int i = 0; i < 4; ++i, ++at_)
      if (at_ == text_.size() || !is_hex_digit(text_[at_])) return fail("in \\u hexadecimal character escape");
    return true;
  }

  bool take_word(std::string_view word) {
    for (char c : word)
      if (!take(c)) return fail("in literal " + std::string(word) + " (expecting " + quoted_byte(c) + ")");
    return true;
  }

  bool take_number() {
    const bool is_negative = take('-');
    if (at_ == text_.size() || !is_decimal(text_[at_]))
      return fail(is_negative ? "in numeric literal" : "looking for beginning of value");
    if (!take('0')) take_digits();
    if (take('.') && !take_digits()) return fail("after decimal point in numeric literal");
    if (!is_at('e') && !is_at('E')) return true;
    ++at_;
    if (!take('+')) take('-');
    return take_digits() || fail("in exponent of numeric literal");
  }
  bool take_digits() {
    const size_t start = at_;
    while (at_ < text_.size() && is_decimal(text_[at_])) ++at_;
    return at_ > start;
  }

  std::string_view text_;
  size_t depth_max_;
  size_t at_ = 0;
  std::string error_;
};

}  // namespace

JsonScan scan_json(std::string_view text, size_t depth_max) { return Scanner(text, depth_max).run(); }

}  // namespace skein
