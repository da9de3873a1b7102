// How long a container waits before its policy starts it again: twice as long each time, unless it has run for a while.
// As Docker does it. Pure.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/time/clock.h"

namespace skein::containers {

struct BackOff {
  Duration min = std::chrono::milliseconds(100);
  Duration max = std::chrono::minutes(1);
  Duration run_enough = std::chrono::seconds(10);  // after which it begins anew

  // `last`: the pause before the run that has ended; zero for the first.
  Duration next(Duration last, Duration run) const {
    if (run >= run_enough || last == Duration::zero()) return min;
    return std::min(last * 2, max);
  }
};

}  // namespace skein::containers
