#include "manager/dispatcher/liveness.h"

#include <gtest/gtest.h>

namespace skein::manager {
namespace {

using namespace std::chrono_literals;

struct LivenessTest : testing::Test {
  SeededRandom random{7};
  Liveness liveness{5s};
  TimePoint now{0};

  // Looks as often as the dispatcher does.
  std::vector<std::string> look_until(TimePoint end) {
    std::vector<std::string> out;
    for (; now < end; now = now + Liveness::kLookPeriod)
      for (auto& node : liveness.expire(now)) out.push_back(std::move(node));
    return out;
  }
};

TEST_F(LivenessTest, a_node_that_beats_stays_and_one_that_stops_is_down_after_its_grace) {
  std::string session = *liveness.enter("n1", "", random, now);
  for (int i = 0; i < 20; ++i) {
    auto period = liveness.beat("n1", session, random, now);
    ASSERT_TRUE(period.ok());
    EXPECT_GE(*period, 4500ms);
    EXPECT_LE(*period, 5500ms);
    EXPECT_TRUE(look_until(now + *period).empty());
  }
  EXPECT_TRUE(look_until(now + 9s).empty());
  EXPECT_EQ(look_until(now + 17s), std::vector<std::string>{"n1"});
  EXPECT_EQ(liveness.beat("n1", session, random, now).error().what, "node not registered");
}

TEST_F(LivenessTest, a_node_resumes_its_session_but_not_another_one) {
  std::string session = *liveness.enter("n1", "", random, now);
  EXPECT_EQ(*liveness.enter("n1", session, random, now), session);
  EXPECT_NE(*liveness.enter("n1", "stale", random, now), session);
  EXPECT_EQ(liveness.beat("n1", session, random, now).error().what, "session invalid");
}

// A node that crashes in a loop must not keep the manager busy.
TEST_F(LivenessTest, a_node_that_registers_too_often_has_to_wait) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(liveness.enter("n1", "", random, now).ok());
  EXPECT_EQ(liveness.enter("n1", "", random, now).error().code, Code::kUnavailable);
  EXPECT_TRUE(liveness.enter("n2", "", random, now).ok());
  EXPECT_TRUE(liveness.enter("n1", "", random, now + 9s).ok());
}

TEST_F(LivenessTest, after_a_restart_of_the_manager_nodes_get_a_double_grace) {
  liveness.expect("n1", now);
  EXPECT_EQ(liveness.next_deadline(), now + 30s);
  EXPECT_TRUE(look_until(now + 29s).empty());
  EXPECT_EQ(look_until(now + 2s).size(), 1u);
  EXPECT_EQ(liveness.next_deadline(), TimePoint::never());
}

// A busy machine makes things slower, never wrong: the manager that did not listen blames nobody for silence.
TEST_F(LivenessTest, time_in_which_the_manager_itself_was_late_counts_for_nobody) {
  ASSERT_TRUE(liveness.enter("n1", "", random, now).ok());
  EXPECT_TRUE(look_until(now + 14s).empty());
  now = now + 60s;
  EXPECT_TRUE(liveness.expire(now).empty());
  EXPECT_TRUE(look_until(now + 14s).empty()) << "long away: a whole new grace";
  EXPECT_EQ(look_until(now + 2s), std::vector<std::string>{"n1"}) << "but a node that is gone is found";
}

TEST_F(LivenessTest, a_manager_that_is_always_a_little_late_still_finds_who_is_gone) {
  ASSERT_TRUE(liveness.enter("n1", "", random, now).ok());
  std::vector<std::string> gone;
  for (int i = 0; i < 100 && gone.empty(); ++i, now = now + 2s) gone = liveness.expire(now);
  EXPECT_EQ(gone, std::vector<std::string>{"n1"});
}

}  // namespace
}  // namespace skein::manager
