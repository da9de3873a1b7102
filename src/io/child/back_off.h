// Pauses between attempts that fail: each twice as long as the one before, up to a limit. Pure.
#pragma once

#include <algorithm>

#include "base/result.h"
#include "base/time/clock.h"

namespace skein::io {

class BackOff {
 public:
  constexpr BackOff(Duration min, Duration max) : min_(min), max_(max) {}

  // Before the next attempt.
  Duration next() {
    SKEIN_ASSERT(min_ > Duration::zero() && min_ <= max_);
    pause_ = std::clamp(pause_ * 2, min_, max_);
    return pause_;
  }
  // It went well, or there is a new reason to try.
  void reset() { pause_ = Duration::zero(); }

 private:
  Duration min_, max_;
  Duration pause_{0};  // the last one
};

}  // namespace skein::io
