// Lamport time of the tables. Peers are believed about the time only up to a limit, because a clock at its end would
// make every later change of ours look old.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace skein::gossip {

using LamportTime = uint64_t;
inline constexpr LamportTime kLamportMax = LamportTime{1} << 62;

class LamportClock {
 public:
  LamportTime now() const { return time_; }
  LamportTime increment() {
    SKEIN_ASSERT(time_ < 2 * kLamportMax);  // no peer can bring it there
    return ++time_;
  }
  void witness(LamportTime seen) {
    if (seen >= time_ && seen <= kLamportMax) time_ = seen + 1;
  }

 private:
  LamportTime time_ = 0;
};

}  // namespace skein::gossip
