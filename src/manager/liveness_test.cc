#include "manager/liveness.h"

#include <gtest/gtest.h>

namespace skein::manager {
namespace {

using namespace std::chrono_literals;

struct LivenessTest : testing::Test {
  SeededRandom random{7};
  Liveness liveness{5s};
  TimePoint now{0};
};

TEST_F(LivenessTest, a_node_that_beats_stays_and_one_that_stops_is_down_after_its_grace) {
  std::string session = *liveness.enter("n1", "", random, now);
  for (int i = 0; i < 20; ++i) {
    auto period = liveness.beat("n1", session, random, now);
    ASSERT_TRUE(period.ok());
    EXPECT_GE(*period, 4500ms);
    EXPECT_LE(*period, 5500ms);
    now = now + *period;
    EXPECT_TRUE(liveness.expire(now).empty());
  }
  EXPECT_TRUE(liveness.expire(now + 9s).empty());
  EXPECT_EQ(liveness.expire(now + 17s), std::vector<std::string>{"n1"});
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
  EXPECT_TRUE(liveness.expire(now + 29s).empty());
  EXPECT_EQ(liveness.next_deadline(), now + 30s);
  EXPECT_EQ(liveness.expire(now + 30s).size(), 1u);
  EXPECT_EQ(liveness.next_deadline(), TimePoint::never());
}

}  // namespace
}  // namespace skein::manager
