// As long as it lives, this process can open nothing more: its limit is at the lowest descriptor that is free.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>

namespace skein {

class NoDescriptors {
 public:
  NoDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const int lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT_GE(lowest_free, 0);
    ::close(lowest_free);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest_free);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoDescriptors() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

// How many handlers a loop runs in half a second without descriptors, some for each of its timers; one that spins runs
// tens of thousands.
inline constexpr size_t kHandlersOfAPatientLoop = 1000;

template <class Loop>
size_t handlers_without_descriptors(Loop& loop) {
  NoDescriptors none;
  loop.restart();
  return loop.run_for(std::chrono::milliseconds(500));
}

}  // namespace skein
