#include "manager/assignments.h"

#include <gtest/gtest.h>

namespace skein::manager {
namespace {

namespace api = store::api;

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

  void put(store::Tables& into, const api::Task& task) {
    into.apply(
        {store::Kind::kTask, task.id(), into.get<api::Task>(task.id()), std::make_shared<const api::Task>(task)});
    sequence.note(task.id());
  }
  void remove(store::Tables& from, const std::string& id) {
    from.apply({store::Kind::kTask, id, from.get<api::Task>(id), store::Ref<api::Task>()});
    sequence.note(id);
  }
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

// Protobuf writes maps in random order: a service with two labels must not look changed for it.
TEST_F(AssignmentsTest, a_task_with_many_labels_that_only_ran_on_is_not_sent_again) {
  auto labelled = [](api::TaskState state) {
    api::Task out = task("t1", "node", state);
    for (int i = 0; i < 20; ++i) (*out.mutable_service_annotations()->mutable_labels())["l" + std::to_string(i)] = "x";
    return out;
  };
  put(tables, labelled(api::ASSIGNED));
  (void)sequence.next(tables);
  for (int state : {api::PREPARING, api::STARTING, api::RUNNING}) {
    put(tables, labelled(api::TaskState(state)));
    EXPECT_FALSE(sequence.next(tables));
  }
}

TEST_F(AssignmentsTest, only_what_was_noted_is_looked_at) {
  put(tables, task("t1", "node"));
  (void)sequence.next(tables);
  auto unseen = task("t2", "node");
  tables.apply({store::Kind::kTask, "t2", store::Ref<api::Task>(), std::make_shared<const api::Task>(unseen)});
  EXPECT_FALSE(sequence.next(tables));
  sequence.note("t2");
  EXPECT_TRUE(sequence.next(tables));
}

// A node that reads slowly while everything changes: what is remembered for it stays bounded, and nothing is lost.
TEST_F(AssignmentsTest, more_changes_than_are_remembered_are_told_all_the_same) {
  put(tables, task("going", "node"));
  (void)sequence.next(tables);
  remove(tables, "going");
  put(tables, task("new", "node"));
  for (size_t i = 0; i < 2 * AssignmentSequence::kNotedMax; ++i) sequence.note("elsewhere-" + std::to_string(i));
  put(tables, task("late", "node"));
  auto message = sequence.next(tables);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->changes_size(), 3);
}

TEST_F(AssignmentsTest, a_change_concerns_the_node_where_the_task_was_and_the_one_where_it_is) {
  auto change = [](const store::Ref<api::Task>& before, const store::Ref<api::Task>& after) {
    return store::Change{store::Kind::kTask, "t", before, after};
  };
  auto at = [](const std::string& node) { return std::make_shared<const api::Task>(task("t", node)); };
  using Nodes = std::vector<std::string>;
  EXPECT_EQ(nodes_assigned_by(change(nullptr, at("a"))), Nodes{"a"});
  EXPECT_EQ(nodes_assigned_by(change(at("a"), at("a"))), Nodes{"a"});
  EXPECT_EQ(nodes_assigned_by(change(at(""), at("a"))), Nodes{"a"});
  EXPECT_EQ(nodes_assigned_by(change(at("a"), nullptr)), Nodes{"a"});
  EXPECT_EQ(nodes_assigned_by(change(at("a"), at("b"))), (Nodes{"a", "b"}));
  EXPECT_EQ(nodes_assigned_by(change(at(""), at(""))), Nodes{});
}

}  // namespace
}  // namespace skein::manager
