// Wall time that never goes back: for stamps by which things are ordered, and for waits that outlive a program.
//
// A clock that is set forward is followed at once. One that is set back is waited for: until it has caught up, a tenth
// of the time that passes is left out, so that nothing waits much longer than it was to.
#pragma once

#include <algorithm>
#include <utility>

#include "base/time/clock.h"

namespace skein {

class SteadyWall {
 public:
  static constexpr int kLeftOut = 10;  // one of so many

  explicit SteadyWall(Clock& clock) : clock_(clock), seen_(clock.now()) {}

  WallTime now() {
    const TimePoint seen = clock_.now();
    const Duration passed = seen - std::exchange(seen_, seen);
    return last_ = std::max(clock_.wall(), last_ + (passed - passed / kLeftOut));
  }
  // What was said before us.
  void go_on_from(WallTime said) { last_ = std::max(last_, said); }

 private:
  Clock& clock_;
  TimePoint seen_;
  WallTime last_;
};

}  // namespace skein
