#include "engine/kept.h"

#include <gtest/gtest.h>

#include <string>

namespace skein::engine {
namespace {

using std::chrono::seconds;

class KeptTest : public testing::Test {
 protected:
  KeptTest() { kept_.set_is_told(true); }
  Kept<std::string> kept_{seconds(60)};
  TimePoint now_{1};
};

TEST_F(KeptTest, an_answer_is_kept_until_a_change) {
  EXPECT_EQ(kept_.get(now_), nullptr);
  kept_.keep(kept_.begin(), "one", now_);
  ASSERT_NE(kept_.get(now_), nullptr);
  EXPECT_EQ(*kept_.get(now_), "one");
  kept_.spoil();
  EXPECT_EQ(kept_.get(now_), nullptr);
  EXPECT_EQ(*kept_.last(), "one");
}

TEST_F(KeptTest, an_answer_during_whose_question_something_changed_is_not_kept) {
  const auto asked = kept_.begin();
  kept_.spoil();
  kept_.keep(asked, "old", now_);
  EXPECT_EQ(kept_.get(now_), nullptr);
  const auto asked_again = kept_.begin();
  kept_.keep(asked_again, "new", now_);
  kept_.keep(asked, "old", now_);
  EXPECT_EQ(*kept_.get(now_), "new");
}

TEST_F(KeptTest, nothing_is_kept_while_nobody_tells_of_changes) {
  kept_.keep(kept_.begin(), "one", now_);
  const auto asked = kept_.begin();
  kept_.set_is_told(false);
  EXPECT_EQ(kept_.get(now_), nullptr);
  kept_.keep(kept_.begin(), "two", now_);
  EXPECT_EQ(kept_.get(now_), nullptr);
  kept_.set_is_told(true);
  kept_.keep(asked, "one", now_);
  EXPECT_EQ(kept_.get(now_), nullptr);
}

TEST_F(KeptTest, an_answer_is_not_kept_for_ever) {
  kept_.keep(kept_.begin(), "one", now_);
  EXPECT_NE(kept_.get(now_ + seconds(60)), nullptr);
  EXPECT_EQ(kept_.get(now_ + seconds(61)), nullptr);
}

}  // namespace
}  // namespace skein::engine
