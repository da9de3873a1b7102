#include "base/time/fault_pause.h"

#include <gtest/gtest.h>

namespace skein {
namespace {

TEST(FaultPause, a_fault_that_stays_is_told_once_a_minute) {
  FaultPause faults("accept-failed");
  TimePoint now{};
  EXPECT_TRUE(faults.note("Too many open files", now));
  for (int i = 1; i < 600; ++i) EXPECT_FALSE(faults.note("Too many open files", now + i * FaultPause::kPause));
  EXPECT_TRUE(faults.note("Too many open files", now + 600 * FaultPause::kPause));
}

}  // namespace
}  // namespace skein
