#include "base/time/call_heap.h"

#include <utility>

namespace skein {

Loop::CallId CallHeap::add(TimePoint at, std::function<void()> function) {
  const Loop::CallId call{at, ++last_number_};
  calls_.emplace(call, std::move(function));
  return call;
}

void CallHeap::run_due(TimePoint now) {
  const uint64_t last = last_number_;
  // What was asked for meanwhile stays where it is, possibly before calls that are still to be made.
  for (auto next = calls_.begin(); next != calls_.end() && next->first.at <= now;) {
    const Loop::CallId call = next->first;
    if (call.number <= last) {
      auto function = std::move(calls_.extract(next).mapped());
      function();
    }
    next = calls_.upper_bound(call);
  }
}

}  // namespace skein
