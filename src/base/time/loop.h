// The time of one thread's coroutines, which real and virtual time share: what the time is, and to be called at a time.
//
// Not thread-safe: a loop belongs to one thread. Code that runs on Asio waits by io::Timer and asks io::loop_of; a
// simulation gives the same code a loop whose time it moves itself (io::VirtualLoop).
#pragma once

#include <cstdint>
#include <functional>

#include "base/time/clock.h"

namespace skein {

class Loop : public Clock {
 public:
  // A call that was asked for; the default one is no call. Never given twice by one loop.
  struct CallId {
    TimePoint at;
    uint64_t number = 0;
    auto operator<=>(const CallId&) const = default;
  };

  // Calls `function` once: on the loop's thread, from the loop, never inside call_at, not before `at`; at once if that
  // is past. Calls for one time come in the order in which they were asked for. `function` must not throw.
  virtual CallId call_at(TimePoint at, std::function<void()> function) = 0;
  // False when there is no such call any more.
  virtual bool cancel(CallId call) = 0;
};

}  // namespace skein
