#include "stack/values/numbers.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace skein::stack {

namespace {

std::optional<uint64_t> digits(std::string_view text, int base) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

int take_base(std::string_view& text) {
  if (text.size() < 2 || text[0] != '0') return 10;
  const char mark = static_cast<char>(text[1] | 0x20);
  const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
  text.remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;
}

}  // namespace

std::optional<Value> parse_go_integer(std::string_view text) {
  const bool has_sign = text.starts_with('-') || text.starts_with('+');
  const bool is_negative = text.starts_with('-');
  if (has_sign) text.remove_prefix(1);
  const int base = take_base(text);
  if (text.starts_with('-')) return std::nullopt;
  const auto number = digits(text, base);
  if (!number) return std::nullopt;
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (is_negative) {
    if (*number > kMax + 1) return std::nullopt;
    return Value(static_cast<int64_t>(~*number + 1));
  }
  if (*number <= kMax) return Value(static_cast<int64_t>(*number));
  if (has_sign) return std::nullopt;
  return Value(*number);
}

std::optional<int64_t> parse_decimal(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

std::optional<double> parse_go_float(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  // A digit must come first: from_chars also takes "inf" and "nan".
  if (text.empty() || (text[0] != '.' && (text[0] < '0' || text[0] > '9'))) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too small is zero, too large an error, as in Go.
    const size_t mark = text.find_first_of("eE");
    if (mark == std::string_view::npos || !text.substr(mark + 1).starts_with('-')) return std::nullopt;
    number = 0;
  } else if (error != std::errc()) {
    return std::nullopt;
  }
  return is_negative ? -number : number;
}

double infinity() { return std::numeric_limits<double>::infinity(); }
double not_a_number() { return std::numeric_limits<double>::quiet_NaN(); }

}  // namespace skein::stack
