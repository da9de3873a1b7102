#include "engine/exec/exec_table.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

TimePoint at_s(int64_t seconds) { return TimePoint{seconds * 1'000'000'000}; }

std::shared_ptr<Exec> exec_in(const std::string& container, const std::string& id,
                              ExecPhase phase = ExecPhase::kCreated, TimePoint ended = {}) {
  auto exec = std::make_shared<Exec>();
  exec->id = id;
  exec->container.id = container;
  exec->phase = phase;
  exec->ended_at = ended;
  return exec;
}

TEST(ExecTable, knows_what_has_ended_for_five_minutes) {
  ExecTable table;
  ASSERT_TRUE(table.add(exec_in("c", "ended", ExecPhase::kEnded, at_s(100)), at_s(100)).ok());
  ASSERT_TRUE(table.add(exec_in("c", "running", ExecPhase::kRunning), at_s(0)).ok());
  ASSERT_TRUE(table.add(exec_in("c", "created"), at_s(0)).ok());
  EXPECT_TRUE(table.find("ended", at_s(399)));
  EXPECT_FALSE(table.find("ended", at_s(400)));
  EXPECT_TRUE(table.find("running", at_s(100000)));
  EXPECT_TRUE(table.find("created", at_s(100000)));
  EXPECT_EQ(table.size(), 2u);
}

TEST(ExecTable, forgets_those_of_a_container_that_is_removed) {
  ExecTable table;
  for (const char* container : {"a", "b"})
    ASSERT_TRUE(table.add(exec_in(container, std::string("in ") + container), at_s(0)).ok());
  table.forget_container("a");
  EXPECT_FALSE(table.find("in a", at_s(0)));
  EXPECT_TRUE(table.find("in b", at_s(0)));
}

TEST(ExecTable, what_was_not_started_goes_with_the_containers_end) {
  ExecTable table;
  ASSERT_TRUE(table.add(exec_in("c", "created"), at_s(0)).ok());
  ASSERT_TRUE(table.add(exec_in("c", "ended", ExecPhase::kEnded), at_s(0)).ok());
  ASSERT_TRUE(table.add(exec_in("d", "other"), at_s(0)).ok());
  table.forget_unstarted("c");
  EXPECT_FALSE(table.find("created", at_s(0)));
  EXPECT_TRUE(table.find("ended", at_s(0)) && table.find("other", at_s(0)));
}

TEST(ExecTable, tells_those_that_have_not_ended) {
  ExecTable table;
  EXPECT_FALSE(table.has_living());
  ASSERT_TRUE(table.add(exec_in("c", "ended", ExecPhase::kEnded), at_s(0)).ok());
  EXPECT_FALSE(table.has_living());
  ASSERT_TRUE(table.add(exec_in("c", "a"), at_s(0)).ok());
  ASSERT_TRUE(table.add(exec_in("c", "b", ExecPhase::kRunning), at_s(0)).ok());
  ASSERT_TRUE(table.add(exec_in("d", "e", ExecPhase::kRunning), at_s(0)).ok());
  EXPECT_EQ(table.living_in("c"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table.running_in("c").size(), 1u);
  EXPECT_EQ(table.running(), 2u);
}

TEST(ExecTable, has_room_for_what_runs_only) {
  ExecTable table;
  for (size_t count = 0; count < ExecTable::kKnownMax; ++count)
    ASSERT_TRUE(table.add(exec_in("c", "created " + std::to_string(count)), at_s(0)).ok());
  ASSERT_TRUE(table.add(exec_in("c", "new"), at_s(0)).ok());
  EXPECT_TRUE(table.find("new", at_s(0)));
  EXPECT_LE(table.size(), ExecTable::kKnownMax);
  for (size_t count = table.size(); count <= ExecTable::kKnownMax; ++count)
    (void)table.add(exec_in("c", "running " + std::to_string(count), ExecPhase::kRunning), at_s(0));
  for (size_t count = 0; count < ExecTable::kKnownMax; ++count)
    (void)table.add(exec_in("c", "more " + std::to_string(count), ExecPhase::kRunning), at_s(0));
  EXPECT_EQ(table.size(), ExecTable::kKnownMax);
  EXPECT_FALSE(table.add(exec_in("c", "one too many"), at_s(0)).ok());
}

}  // namespace
}  // namespace skein::engine
