#include "io/child/child_choice.h"

#include <gtest/gtest.h>

#include "io/child/back_off.h"

namespace skein::io {
namespace {

using std::chrono::milliseconds;

TEST(ChildChoiceTest, only_one_that_is_current_and_answers_is_adopted) {
  EXPECT_EQ(choose_child({}), ChildChoice::kSpawn);
  EXPECT_EQ(choose_child({false, true, true}), ChildChoice::kSpawn);
  EXPECT_EQ(choose_child({true, true, true}), ChildChoice::kAdopt);
  EXPECT_EQ(choose_child({true, false, true}), ChildChoice::kReplace);
  EXPECT_EQ(choose_child({true, true, false}), ChildChoice::kReplace);
}

TEST(ChildChoiceTest, a_start_is_given_up_at_the_end_or_after_the_limit) {
  EXPECT_EQ(judge_start(false, false, milliseconds(9), milliseconds(10)), StartState::kWaiting);
  EXPECT_EQ(judge_start(false, true, milliseconds(99), milliseconds(10)), StartState::kUp);
  EXPECT_EQ(judge_start(false, false, milliseconds(10), milliseconds(10)), StartState::kLate);
  EXPECT_EQ(judge_start(true, true, milliseconds(1), milliseconds(10)), StartState::kEnded);
}

TEST(ChildChoiceTest, what_lived_for_a_minute_was_well) {
  EXPECT_FALSE(was_well(std::chrono::seconds(59)));
  EXPECT_TRUE(was_well(std::chrono::seconds(60)));
}

TEST(BackOffTest, pauses_double_up_to_the_limit_and_begin_anew) {
  BackOff back_off(milliseconds(200), milliseconds(1000));
  for (int pause : {200, 400, 800, 1000, 1000}) EXPECT_EQ(back_off.next(), milliseconds(pause));
  back_off.reset();
  EXPECT_EQ(back_off.next(), milliseconds(200));
}

}  // namespace
}  // namespace skein::io
