// Calls that wait for their times: what the loops have in common. Pure; ordered by time, then by when they were asked
// for, so that equal inputs give equal orders.
#pragma once

#include <map>

#include "base/time/loop.h"

namespace skein {

class CallHeap {
 public:
  Loop::CallId add(TimePoint at, std::function<void()> function);
  // False when there is no such call any more.
  bool remove(Loop::CallId call) { return calls_.erase(call) > 0; }
  // TimePoint::never() when nothing waits.
  TimePoint next() const { return calls_.empty() ? TimePoint::never() : calls_.begin()->first.at; }
  size_t size() const { return calls_.size(); }

  // Calls what is due, in order. Calls that these ask for wait for the next time, also if they are due already; calls
  // that they remove are not made.
  void run_due(TimePoint now);
  // Forgets all calls without making them.
  void clear() { calls_.clear(); }

 private:
  std::map<Loop::CallId, std::function<void()>> calls_;
  uint64_t last_number_ = 0;
};

}  // namespace skein
