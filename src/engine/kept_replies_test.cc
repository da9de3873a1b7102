#include "engine/kept_replies.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

using std::chrono::seconds;

class KeptRepliesTest : public testing::Test {
 protected:
  KeptRepliesTest() { kept_.set_is_told(true); }
  void keep(const std::string& target) { kept_.keep(kept_.begin(), target, {.status = 200, .body = target}, now_); }
  KeptReplies<> kept_{seconds(60), 2};
  TimePoint now_{1};
};

TEST_F(KeptRepliesTest, each_answer_is_kept_until_a_change) {
  keep("/a");
  keep("/b");
  ASSERT_NE(kept_.get("/a", now_), nullptr);
  EXPECT_EQ(kept_.get("/a", now_)->body, "/a");
  EXPECT_EQ(kept_.get("/b", now_)->body, "/b");
  EXPECT_EQ(kept_.get("/c", now_), nullptr);
  kept_.spoil();
  EXPECT_EQ(kept_.get("/a", now_), nullptr);
  EXPECT_EQ(kept_.get("/b", now_), nullptr);
}

TEST_F(KeptRepliesTest, a_change_of_one_leaves_the_others_but_not_the_questions_under_way) {
  KeptReplies<int> kept(seconds(60), 9);
  kept.set_is_told(true);
  for (int subject : {1, 2}) kept.keep(kept.begin(), "/" + std::to_string(subject), {.status = 200}, now_, subject);
  const uint64_t asked = kept.begin();
  kept.spoil_if([](int subject) { return subject == 1; });
  EXPECT_EQ(kept.get("/1", now_), nullptr);
  EXPECT_NE(kept.get("/2", now_), nullptr);
  kept.keep(asked, "/1", {.status = 200}, now_, 1);
  EXPECT_EQ(kept.get("/1", now_), nullptr);
}

TEST_F(KeptRepliesTest, an_answer_during_whose_question_something_changed_is_not_kept) {
  const uint64_t asked = kept_.begin();
  kept_.spoil();
  kept_.keep(asked, "/a", {.status = 200}, now_);
  EXPECT_EQ(kept_.get("/a", now_), nullptr);
}

TEST_F(KeptRepliesTest, nothing_is_kept_while_nobody_tells_of_changes) {
  keep("/a");
  kept_.set_is_told(false);
  EXPECT_EQ(kept_.get("/a", now_), nullptr);
  keep("/a");
  EXPECT_EQ(kept_.get("/a", now_), nullptr);
}

TEST_F(KeptRepliesTest, each_answer_ages_by_itself) {
  keep("/a");
  const TimePoint later = now_ + seconds(40);
  kept_.keep(kept_.begin(), "/b", {.status = 200}, later);
  EXPECT_NE(kept_.get("/a", now_ + seconds(60)), nullptr);
  EXPECT_EQ(kept_.get("/a", now_ + seconds(61)), nullptr);
  EXPECT_NE(kept_.get("/b", now_ + seconds(61)), nullptr);
}

TEST_F(KeptRepliesTest, no_more_are_kept_than_there_is_room_for) {
  for (const char* target : {"/a", "/b", "/b", "/c"}) keep(target);
  EXPECT_EQ(kept_.get("/a", now_), nullptr);
  EXPECT_NE(kept_.get("/c", now_), nullptr);
}

}  // namespace
}  // namespace skein::engine
