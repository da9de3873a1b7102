// How a loop that takes what comes (accept, receive) goes on after an error that may stay, as when descriptors or
// memory are out: it waits before it tries again, and says so once, not ten times a second.
#pragma once

#include <string>
#include <string_view>

#include "base/time/clock.h"

namespace skein {

class FaultPause {
 public:
  static constexpr std::chrono::milliseconds kPause{100};
  static constexpr Duration kSilence = std::chrono::minutes(1);

  // `event` is logged.
  explicit FaultPause(std::string_view event) : event_(event) {}

  // To be followed by a wait of kPause. Logs the error if none was logged in the last kSilence; true if so.
  bool note(const std::string& why, TimePoint now);

 private:
  std::string_view event_;
  TimePoint silent_until_{INT64_MIN};
};

}  // namespace skein
