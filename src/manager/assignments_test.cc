#include "manager/assignments.h"

#include <gtest/gtest.h>

namespace skein::manager {
namespace {

namespace api = store::api;

void put(store::Tables& tables, api::Task task) {
  auto before = tables.get<api::Task>(task.id());
  tables.apply({store::Kind::kTask, task.id(), before, std::make_shared<const api::Task>(task)});
}

void remove(store::Tables& tables, const std::string& id) {
  tables.apply({store::Kind::kTask, id, tables.get<api::Task>(id), store::Ref<api::Task>()});
}

api::Task task(const std::string& id, const std::string& node, api::TaskState state = api::ASSIGNED) {
  api::Task out;
  out.set_id(id);
  out.set_node_id(node);
  out.mutable_status()->set_state(state);
  out.set_desired_state(api::RUNNING);
  return out;
}

struct AssignmentsTest : testing::Test {
  store::Tables tables;
  AssignmentSequence sequence{"node"};
};

TEST_F(AssignmentsTest, the_first_message_is_complete_even_when_empty) {
  auto first = sequence.next(tables);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type(), api::AssignmentsMessage::COMPLETE);
  EXPECT_EQ(first->results_in(), "1");
  EXPECT_EQ(first->applies_to(), "");
  EXPECT_FALSE(sequence.next(tables)) << "nothing has changed";
}

TEST_F(AssignmentsTest, later_messages_carry_the_difference_for_this_node_only) {
  put(tables, task("t1", "node"));
  put(tables, task("other", "elsewhere"));
  EXPECT_EQ(sequence.next(tables)->changes_size(), 1);

  put(tables, task("t2", "node"));
  put(tables, task("unplaced", "node", api::PENDING));
  auto second = sequence.next(tables);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->type(), api::AssignmentsMessage::INCREMENTAL);
  EXPECT_EQ(second->applies_to(), "1");
  EXPECT_EQ(second->results_in(), "2");
  ASSERT_EQ(second->changes_size(), 1);
  EXPECT_EQ(second->changes(0).assignment().task().id(), "t2");

  remove(tables, "t1");
  auto third = sequence.next(tables);
  ASSERT_TRUE(third);
  ASSERT_EQ(third->changes_size(), 1);
  EXPECT_EQ(third->changes(0).action(), api::AssignmentChange::REMOVE);
  EXPECT_EQ(third->changes(0).assignment().task().id(), "t1");
}

// The node itself told the status, and the orchestrator's notes are nothing to it: sending them would only cost.
TEST_F(AssignmentsTest, a_change_of_status_or_notes_alone_is_not_sent) {
  put(tables, task("t1", "node"));
  (void)sequence.next(tables);
  auto noted = task("t1", "node", api::RUNNING);
  noted.mutable_rollout()->mutable_settled_at()->set_seconds(1);
  put(tables, noted);
  EXPECT_FALSE(sequence.next(tables));
  auto stopping = task("t1", "node", api::RUNNING);
  stopping.set_desired_state(api::SHUTDOWN);
  put(tables, stopping);
  EXPECT_TRUE(sequence.next(tables));
}

}  // namespace
}  // namespace skein::manager
