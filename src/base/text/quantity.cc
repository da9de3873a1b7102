#include "base/text/quantity.h"

#include <charconv>
#include <cmath>
#include <string>

namespace skein {

namespace {

// A non-negative decimal number at the start of `text`, which is advanced past it.
Result<double> take_amount(std::string_view& text) {
  double number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (ec != std::errc() || number < 0 || !std::isfinite(number)) {
    return make_error(Code::kInvalidArgument, "invalid number: '" + std::string(text) + "'");
  }
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

std::string in_small_letters(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
  }
  return result;
}

}  // namespace

Result<int64_t> parse_size(std::string_view text) {
  const std::string whole(text);
  const auto number = take_amount(text);
  if (!number.ok()) return make_error(Code::kInvalidArgument, "invalid size: '" + whole + "'");
  const std::string suffix = in_small_letters(text.starts_with(' ') ? text.substr(1) : text);
  double factor = 1;
  if (!suffix.empty() && suffix != "b") {
    const size_t power = std::string_view("kmgtp").find(suffix[0]);
    const std::string rest = suffix.substr(1);
    if (power == std::string_view::npos || !(rest.empty() || rest == "b" || rest == "ib")) {
      return make_error(Code::kInvalidArgument, "invalid suffix: '" + suffix + "'");
    }
    factor = std::pow(1024.0, static_cast<double>(power + 1));
  }
  const double size = *number * factor;
  if (size >= 9.2e18) return make_error(Code::kOutOfRange, "invalid size: '" + whole + "'");
  return static_cast<int64_t>(size);
}

Result<int64_t> parse_cpus(std::string_view text) {
  const std::string whole(text);
  const auto number = take_amount(text);
  if (!number.ok() || !text.empty() || *number > 1e6) {
    return make_error(Code::kInvalidArgument, "failed to parse " + whole + " as a rational number");
  }
  // Digits behind the ninth would be lost.
  const size_t point = whole.find('.');
  if (point != std::string::npos && whole.find_last_not_of('0') > point + 9)
    return invalid_argument("value is too precise");
  return static_cast<int64_t>(std::llround(*number * 1e9));
}

}  // namespace skein
