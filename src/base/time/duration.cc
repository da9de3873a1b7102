#include "base/time/duration.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace skein {

namespace {

constexpr int64_t kSecond_ns = 1'000'000'000;

// A non-negative decimal number at the start of `text`, which is advanced past it; negative if there is none.
double take_decimal(std::string_view& text) {
  double number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (ec != std::errc() || number < 0 || !std::isfinite(number)) return -1;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

Error bad_duration(std::string_view text) {
  return make_error(Code::kInvalidArgument, "time: invalid duration \"" + std::string(text) + "\"");
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const std::string_view whole = text;
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  if (text == "0") return Duration(0);
  if (text.empty()) return bad_duration(whole);
  struct Unit {
    std::string_view name;
    double ns;
  };
  static constexpr Unit kUnits[] = {{"ns", 1},  {"us", 1e3}, {"µs", 1e3},  {"ms", 1e6},
                                    {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
  double total = 0;
  while (!text.empty()) {
    const double number = take_decimal(text);
    if (number < 0) return bad_duration(whole);
    const Unit* found = nullptr;
    for (const Unit& unit : kUnits) {
      if (text.starts_with(unit.name) && (found == nullptr || unit.name.size() > found->name.size())) found = &unit;
    }
    if (found == nullptr) {
      return make_error(Code::kInvalidArgument, "time: missing unit in duration \"" + std::string(whole) + "\"");
    }
    total += number * found->ns;
    text.remove_prefix(found->name.size());
  }
  if (total >= 9.2e18) return bad_duration(whole);
  return Duration(static_cast<int64_t>(is_negative ? -total : total));
}

std::string format_duration(Duration duration) {
  int64_t ns = duration.count();
  if (ns == 0) return "0s";
  std::string text = ns < 0 ? "-" : "";
  if (ns < 0) ns = -ns;
  std::array<char, 48> number{};
  if (ns < kSecond_ns) {
    const char* const unit = ns < 1000 ? "ns" : ns < 1'000'000 ? "µs" : "ms";
    const double scale = ns < 1000 ? 1 : ns < 1'000'000 ? 1e3 : 1e6;
    std::snprintf(number.data(), number.size(), "%.9g%s", static_cast<double>(ns) / scale, unit);
    return text + number.data();
  }
  const int64_t hours = ns / (3600 * kSecond_ns);
  const int64_t minutes = ns / (60 * kSecond_ns) % 60;
  if (hours > 0) text += std::to_string(hours) + "h";
  if (hours > 0 || minutes > 0) text += std::to_string(minutes) + "m";
  std::snprintf(number.data(), number.size(), "%.11gs", static_cast<double>(ns % (60 * kSecond_ns)) / 1e9);
  return text + number.data();
}

std::string show_duration(Duration duration) {
  const int64_t seconds = duration.count() / 1'000'000'000;
  const int64_t minutes = seconds / 60;
  const auto hours = std::llround(static_cast<double>(duration.count()) / 3600e9);
  const auto count = [](int64_t number, const char* unit) { return std::to_string(number) + " " + unit; };
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return count(seconds, "seconds");
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return count(minutes, "minutes");
  if (hours == 1) return "About an hour";
  if (hours < 48) return count(hours, "hours");
  if (hours < 24 * 14) return count(hours / 24, "days");
  if (hours < 24 * 60) return count(hours / 24 / 7, "weeks");
  if (hours < 24 * 365 * 2) return count(hours / 24 / 30, "months");
  return count(hours / 24 / 365, "years");
}

}  // namespace skein
