#include "control/allocator/number_runs.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/random.h"

namespace skein::control {
namespace {

TEST(NumberRuns, it_says_what_a_plain_set_says) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  // The ends of the number range are where runs overflow.
  for (uint32_t base : {0u, 1000u, UINT32_MAX - 63}) {
    NumberRuns runs;
    std::set<uint32_t> naive;
    for (int step = 0; step < 20000; ++step) {
      uint32_t number = base + static_cast<uint32_t>(random.below(64));
      if (random.below(2) == 0)
        ASSERT_EQ(runs.insert(number), naive.insert(number).second) << step;
      else
        ASSERT_EQ(runs.erase(number), naive.erase(number) == 1) << step;
      ASSERT_EQ(runs.size(), naive.size());
      uint32_t from = base + static_cast<uint32_t>(random.below(64)),
               last = base + static_cast<uint32_t>(random.below(64));
      ASSERT_EQ(runs.contains(from), naive.contains(from));
      std::optional<uint32_t> expected;
      for (uint64_t i = from; i <= last && !expected; ++i)
        if (!naive.contains(static_cast<uint32_t>(i))) expected = static_cast<uint32_t>(i);
      const auto inside = from > last ? 0 : std::distance(naive.lower_bound(from), naive.upper_bound(last));
      ASSERT_EQ(runs.count_in(from, last), static_cast<uint64_t>(inside)) << from << " to " << last;
      ASSERT_EQ(runs.first_absent(from, last), expected) << from << " to " << last << " at step " << step;
    }
  }
}

}  // namespace
}  // namespace skein::control
