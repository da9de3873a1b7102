#include "agent/tasks/task_set.h"

#include <gtest/gtest.h>

namespace skein::agent {
namespace {

api::AssignmentsMessage message(api::AssignmentsMessage::Type type, const std::string& after,
                                const std::string& result) {
  api::AssignmentsMessage out;
  out.set_type(type);
  out.set_applies_to(after);
  out.set_results_in(result);
  return out;
}

void add(api::AssignmentsMessage& to, const std::string& id, api::AssignmentChange::Action action,
         api::TaskState desired = api::RUNNING) {
  auto* change = to.add_changes();
  change->set_action(action);
  change->mutable_assignment()->mutable_task()->set_id(id);
  change->mutable_assignment()->mutable_task()->set_desired_state(desired);
}

TEST(TaskSet, a_complete_message_replaces_everything) {
  TaskSet set;
  auto first = message(api::AssignmentsMessage::COMPLETE, "", "1");
  add(first, "a", api::AssignmentChange::UPDATE);
  ASSERT_TRUE(set.apply(first).ok());
  auto second = message(api::AssignmentsMessage::COMPLETE, "", "1");
  add(second, "b", api::AssignmentChange::UPDATE);
  auto difference = set.apply(second);
  ASSERT_TRUE(difference.ok());
  EXPECT_EQ(difference->removed, std::vector<std::string>{"a"});
  EXPECT_FALSE(set.find("a"));
  EXPECT_TRUE(set.find("b"));
}

TEST(TaskSet, secrets_and_configs_are_kept_until_they_are_taken_away) {
  TaskSet set;
  auto first = message(api::AssignmentsMessage::COMPLETE, "", "1");
  auto put = [](api::AssignmentsMessage& to, const std::string& id, api::AssignmentChange::Action action) {
    auto* change = to.add_changes();
    change->set_action(action);
    change->mutable_assignment()->mutable_secret()->set_id(id);
  };
  put(first, "s1", api::AssignmentChange::UPDATE);
  first.add_changes()->mutable_assignment()->mutable_config()->set_id("c1");
  ASSERT_TRUE(set.apply(first).ok());
  const auto seen = set.dependencies();
  EXPECT_TRUE(seen->secrets.contains("s1") && seen->configs.contains("c1"));

  auto second = message(api::AssignmentsMessage::INCREMENTAL, "1", "2");
  put(second, "s2", api::AssignmentChange::UPDATE);
  put(second, "s1", api::AssignmentChange::REMOVE);
  put(second, "s2", api::AssignmentChange::REMOVE);
  ASSERT_TRUE(set.apply(second).ok());
  EXPECT_FALSE(set.dependencies()->secrets.contains("s1"));
  EXPECT_TRUE(set.dependencies()->secrets.contains("s2")) << "what is put in a message is there after it";
  EXPECT_TRUE(set.dependencies()->configs.contains("c1"));
  EXPECT_TRUE(seen->secrets.contains("s1")) << "who looks at it now is not disturbed";

  ASSERT_TRUE(set.apply(message(api::AssignmentsMessage::COMPLETE, "", "1")).ok());
  EXPECT_TRUE(set.dependencies()->secrets.empty() && set.dependencies()->configs.empty());
}

// Who runs it holds the same one: with a thousand secrets, references weigh as much as the secrets.
TEST(TaskSet, a_task_is_there_once_until_the_manager_tells_it_anew) {
  TaskSet set;
  auto first = message(api::AssignmentsMessage::COMPLETE, "", "1");
  add(first, "a", api::AssignmentChange::UPDATE);
  add(first, "b", api::AssignmentChange::UPDATE);
  ASSERT_TRUE(set.apply(first).ok());
  const SharedTasks seen = set.tasks();
  auto second = message(api::AssignmentsMessage::INCREMENTAL, "1", "2");
  add(second, "b", api::AssignmentChange::UPDATE, api::SHUTDOWN);
  ASSERT_TRUE(set.apply(second).ok());
  EXPECT_EQ(set.tasks().at("a"), seen.at("a"));
  EXPECT_EQ(seen.at("b")->desired_state(), api::RUNNING) << "who looks at it now is not disturbed";
  EXPECT_EQ(set.find("b")->desired_state(), api::SHUTDOWN);
}

// A lost message must not go unnoticed: the stream is opened anew and begins with everything.
TEST(TaskSet, a_difference_out_of_sequence_is_refused) {
  TaskSet set;
  ASSERT_TRUE(set.apply(message(api::AssignmentsMessage::COMPLETE, "", "1")).ok());
  EXPECT_EQ(set.apply(message(api::AssignmentsMessage::INCREMENTAL, "2", "3")).error().code, Code::kAborted);
  EXPECT_TRUE(set.apply(message(api::AssignmentsMessage::INCREMENTAL, "1", "2")).ok());
}

TEST(TaskSet, a_desired_state_never_decreases) {
  TaskSet set;
  auto first = message(api::AssignmentsMessage::COMPLETE, "", "1");
  add(first, "a", api::AssignmentChange::UPDATE, api::SHUTDOWN);
  ASSERT_TRUE(set.apply(first).ok());
  auto second = message(api::AssignmentsMessage::INCREMENTAL, "1", "2");
  add(second, "a", api::AssignmentChange::UPDATE, api::RUNNING);
  ASSERT_TRUE(set.apply(second).ok());
  EXPECT_EQ(set.find("a")->desired_state(), api::SHUTDOWN);
}

TEST(TaskSet, removing_what_is_unknown_does_nothing) {
  TaskSet set;
  ASSERT_TRUE(set.apply(message(api::AssignmentsMessage::COMPLETE, "", "1")).ok());
  auto second = message(api::AssignmentsMessage::INCREMENTAL, "1", "2");
  add(second, "ghost", api::AssignmentChange::REMOVE);
  auto difference = set.apply(second);
  ASSERT_TRUE(difference.ok());
  EXPECT_TRUE(difference->removed.empty());
}

}  // namespace
}  // namespace skein::agent
