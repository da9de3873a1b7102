#include "stack/values/timestamp.h"

#include <array>
#include <cstdio>

namespace skein::stack {

namespace {

// Takes what stands in front of a text.
struct Reader {
  std::string_view rest;

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  // A number of `min` to `max` digits; -1 if it is none.
  int number(size_t min, size_t max) {
    size_t count = 0;
    int value = 0;
    for (; count < max && count < rest.size() && is_digit(rest[count]); ++count)
      value = value * 10 + (rest[count] - '0');
    rest.remove_prefix(count);
    return count >= min ? value : -1;
  }
  // ".25", or nothing.
  std::optional<std::string> fraction() {
    if (rest.empty() || rest.front() != '.') return "";
    size_t count = 1;
    while (count < rest.size() && is_digit(rest[count])) ++count;
    if (count == 1) return std::nullopt;
    std::string digits(rest.substr(0, std::min<size_t>(count, 10)));
    rest.remove_prefix(count);
    while (digits.ends_with('0')) digits.pop_back();
    return digits == "." ? "" : digits;
  }
};

bool is_day(int year, int month, int day) {
  constexpr std::array<int, 13> kDays = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1 || day > kDays[static_cast<size_t>(month)]) return false;
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month != 2 || day != 29 || is_leap;
}

std::string two(int number) {
  std::array<char, 8> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%02d", number % 100);
  return buffer.data();
}

// "Z", "+02:00"; nothing if there is no zone where one is needed.
std::optional<std::string> zone(Reader& reader) {
  if (reader.take('Z')) return "Z";
  const bool is_west = !reader.rest.empty() && reader.rest.front() == '-';
  if (!is_west && !reader.rest.starts_with('+')) return std::nullopt;
  reader.rest.remove_prefix(1);
  const int hours = reader.number(2, 2);
  const bool has_mark = reader.take(':');
  const int minutes = reader.number(2, 2);
  if (!has_mark || hours < 0 || hours > 24 || minutes < 0 || minutes > 59) return std::nullopt;
  if (hours == 0 && minutes == 0) return "Z";
  return (is_west ? "-" : "+") + two(hours) + ":" + two(minutes);
}

}  // namespace

std::optional<Moment> parse_timestamp(std::string_view text) {
  Reader reader{text};
  const int year = reader.number(4, 4);
  if (year < 0 || !reader.take('-')) return std::nullopt;
  const int month = reader.number(1, 2);
  if (!reader.take('-')) return std::nullopt;
  const int day = reader.number(1, 2);
  if (!is_day(year, month, day)) return std::nullopt;
  std::string result = std::string(text.substr(0, 4)) + "-" + two(month) + "-" + two(day) + "T";
  if (reader.rest.empty()) return Moment{result + "00:00:00Z"};

  const char mark = reader.rest.front();
  if (mark != 'T' && mark != 't' && mark != ' ') return std::nullopt;
  reader.rest.remove_prefix(1);
  const int hour = reader.number(1, 2);
  if (!reader.take(':')) return std::nullopt;
  const int minute = reader.number(1, 2);
  if (!reader.take(':')) return std::nullopt;
  const int second = reader.number(1, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
  const auto fraction = reader.fraction();
  if (!fraction) return std::nullopt;
  result += two(hour) + ":" + two(minute) + ":" + two(second) + *fraction;
  const auto place = mark == ' ' ? std::optional<std::string>("Z") : zone(reader);
  if (!place || !reader.rest.empty()) return std::nullopt;
  return Moment{result + *place};
}

}  // namespace skein::stack
