// Ctrl-C while a command only waits for what goes on without it: the waiting ends, not the work.
#pragma once

#include <signal.h>

namespace skein::cli {

inline constexpr int kPollMs = 200;  // between two looks at what is waited for

// One at a time; SIGINT is as before when it is gone.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  bool is_interrupted() const;
  // Until then, or until it is interrupted.
  void wait(int timeout_ms) const;

 private:
  struct sigaction before_ {};
};

}  // namespace skein::cli
