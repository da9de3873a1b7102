#include "base/elapsed.h"

#include <cmath>

namespace skein {

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
