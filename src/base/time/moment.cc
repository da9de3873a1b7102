#include "base/time/moment.h"

#include <charconv>
#include <ctime>
#include <string>

#include "base/time/duration.h"

namespace skein {

namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

bool take_digits(std::string_view& text, size_t count, int& value) {
  if (text.size() < count) return false;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + count, value);
  if (ec != std::errc() || end != text.data() + count) return false;
  text.remove_prefix(count);
  return true;
}

bool take_letter(std::string_view& text, char wanted) {
  if (text.empty() || (text[0] | 0x20) != (wanted | 0x20)) return false;
  text.remove_prefix(1);
  return true;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits after a point, as nanoseconds; what is finer is cut off.
int64_t take_fraction(std::string_view& text) {
  int64_t ns = 0;
  int64_t unit = kNsPerSecond / 10;
  for (; !text.empty() && is_digit(text[0]); unit /= 10) {
    ns += unit * (text[0] - '0');
    text.remove_prefix(1);
  }
  return ns;
}

// "1795382256" or "1795382256.5"
Result<WallTime> parse_unix_time(std::string_view text) {
  const Error error = make_error(Code::kInvalidArgument, "invalid time: " + std::string(text.substr(0, 100)));
  int64_t seconds = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (ec != std::errc() || seconds < 0 || seconds >= INT64_MAX / kNsPerSecond) return error;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  int64_t fraction_ns = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction_ns = take_fraction(text);
  }
  if (!text.empty()) return error;
  return WallTime{seconds * kNsPerSecond + fraction_ns};
}

}  // namespace

Result<WallTime> parse_time(std::string_view text) {
  const Error error = make_error(Code::kInvalidArgument, "invalid time: " + std::string(text.substr(0, 100)));
  std::tm parts{};
  if (!take_digits(text, 4, parts.tm_year) || !take_letter(text, '-') || !take_digits(text, 2, parts.tm_mon) ||
      !take_letter(text, '-') || !take_digits(text, 2, parts.tm_mday)) {
    return error;
  }
  int64_t fraction_ns = 0;
  int64_t offset_s = 0;
  if (take_letter(text, 't')) {
    if (!take_digits(text, 2, parts.tm_hour) || !take_letter(text, ':') || !take_digits(text, 2, parts.tm_min))
      return error;
    if (take_letter(text, ':') && !take_digits(text, 2, parts.tm_sec)) return error;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      fraction_ns = take_fraction(text);
    }
    if (text.starts_with('+') || text.starts_with('-')) {
      const int sign = text[0] == '-' ? -1 : 1;
      text.remove_prefix(1);
      int hours = 0;
      int minutes = 0;
      if (!take_digits(text, 2, hours) || !take_letter(text, ':') || !take_digits(text, 2, minutes)) return error;
      offset_s = sign * (hours * 3600 + minutes * 60);
    } else {
      take_letter(text, 'z');
    }
  }
  if (!text.empty()) return error;
  if (parts.tm_year < 1970) return WallTime{0};
  if (parts.tm_year > 2260) return error;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return WallTime{(timegm(&parts) - offset_s) * kNsPerSecond + fraction_ns};
}

Result<WallTime> parse_moment(std::string_view text, WallTime now) {
  if (!text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos) return parse_unix_time(text);
  if (const auto duration = parse_duration(text); duration.ok()) return now - *duration;
  return parse_time(text);
}

}  // namespace skein
