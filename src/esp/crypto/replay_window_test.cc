// A packet that somebody recorded must not be taken a second time, and none that is merely late be lost.
#include "esp/crypto/replay_window.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "base/random.h"

namespace skein::esp {
namespace {

TEST(Window, takes_each_number_once) {
  WindowState state;
  EXPECT_EQ(update_window(state, 0), Drop::kTooOld);
  EXPECT_EQ(update_window(state, 1), Drop::kNone);
  EXPECT_EQ(update_window(state, 1), Drop::kReplayed);
  EXPECT_EQ(update_window(state, 4097), Drop::kNone);
  EXPECT_EQ(check_window(state, 1), Drop::kTooOld);
  EXPECT_EQ(update_window(state, 2), Drop::kNone);
  EXPECT_EQ(update_window(state, 2), Drop::kReplayed);
}

// Against a set of all numbers that came.
TEST(Window, equals_a_naive_one_on_random_numbers) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    WindowState state;
    std::set<uint64_t> came;
    uint64_t top = 0;
    for (int i = 0; i < 20000; ++i) {
      uint64_t sequence;
      switch (random.below(8)) {
        case 0: sequence = top + random.below(200); break;
        case 1: sequence = top + (random.below(20) == 0 ? random.below(10000) : 1); break;
        case 2: sequence = top + 1; break;
        default: sequence = top - std::min(top, random.below(4200));
      }
      Drop wanted = sequence == 0 || (top >= sequence && top - sequence >= 4096) ? Drop::kTooOld
                    : came.contains(sequence)                                    ? Drop::kReplayed
                                                                                 : Drop::kNone;
      ASSERT_EQ(check_window(state, sequence), wanted) << sequence << " top " << top;
      ASSERT_EQ(update_window(state, sequence), wanted);
      if (wanted == Drop::kNone) came.insert(sequence), top = std::max(top, sequence);
    }
  }
}

// By the definition: of all numbers with this low half, the one in the window, else the lowest above.
TEST(Window, infers_the_high_half_round_every_boundary) {
  for (uint64_t top : {uint64_t{0}, uint64_t{4094}, uint64_t{4095}, uint64_t{0xffffffff}, uint64_t{0x100000000},
                       uint64_t{0x100000ffe}, uint64_t{0x100000fff}, uint64_t{0x1ffffffff}, uint64_t{0x500000005}}) {
    for (int64_t away = -4095; away <= 100000; away += away < -4000 || (away > -10 && away < 10) ? 1 : 997) {
      if (away < 0 && top < static_cast<uint64_t>(-away)) continue;
      const uint64_t sequence = top + static_cast<uint64_t>(away);
      ASSERT_EQ(infer_sequence(top, static_cast<uint32_t>(sequence)), sequence) << top << " " << away;
    }
    if (top >= 4096) {
      EXPECT_EQ(infer_sequence(top, static_cast<uint32_t>(top - 4096)), top - 4096 + (uint64_t{1} << 32)) << top;
    }
  }
  EXPECT_EQ(infer_sequence(5, 0xfffff800), std::nullopt);
}

}  // namespace
}  // namespace skein::esp
