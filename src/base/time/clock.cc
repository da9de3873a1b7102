#include "base/time/clock.h"

#include <ctime>

namespace skein {
namespace {

int64_t read(clockid_t id) {
  timespec ts{};
  clock_gettime(id, &ts);
  return int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
}

class SystemClock final : public Clock {
 public:
  TimePoint now() const override { return {read(CLOCK_MONOTONIC)}; }
  WallTime wall() const override { return {read(CLOCK_REALTIME)}; }
};

}  // namespace

std::string WallTime::rfc3339() const {
  time_t whole = seconds();
  tm parts{};
  gmtime_r(&whole, &parts);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  char out[48];
  std::snprintf(out, sizeof out, "%s.%09dZ", date, int(ns % 1'000'000'000));
  return out;
}

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace skein
