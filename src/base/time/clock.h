// Time enters by this door only, so that the simulator can own it.
//
// Monotonic times order events and arm timers; wall times are for certificates, API replies and logs.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace skein {

using Duration = std::chrono::nanoseconds;

// Monotonic; its zero has no meaning.
struct TimePoint {
  int64_t ns = 0;
  auto operator<=>(const TimePoint&) const = default;
  // A sum beyond the end of time is never().
  TimePoint operator+(Duration d) const {
    int64_t sum = 0;
    return __builtin_add_overflow(ns, d.count(), &sum) ? never() : TimePoint{sum};
  }
  TimePoint operator-(Duration d) const { return {ns - d.count()}; }
  Duration operator-(TimePoint other) const { return Duration(ns - other.ns); }
  static constexpr TimePoint never() { return {INT64_MAX}; }
};

// UTC, nanoseconds since 1970-01-01.
struct WallTime {
  int64_t ns = 0;
  auto operator<=>(const WallTime&) const = default;
  WallTime operator+(Duration d) const { return {ns + d.count()}; }
  WallTime operator-(Duration d) const { return {ns - d.count()}; }
  Duration operator-(WallTime other) const { return Duration(ns - other.ns); }
  int64_t seconds() const { return ns / 1'000'000'000; }
  // RFC 3339 with nanoseconds, "Z": 2026-11-22T10:00:00.123456789Z
  std::string rfc3339() const;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual WallTime wall() const = 0;
};

// The machine's clocks. Thread-safe.
Clock& system_clock();

}  // namespace skein
