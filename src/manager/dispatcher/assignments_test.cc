#include "manager/dispatcher/assignments.h"

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

struct DependenciesTest : AssignmentsTest {
  void put_secret(const std::string& id, size_t bytes = 1) {
    auto secret = std::make_shared<api::Secret>();
    secret->set_id(id);
    secret->mutable_spec()->set_data(std::string(bytes, 'x'));
    tables.apply({store::Kind::kSecret, id, store::Ref<api::Secret>(), store::Ref<api::Secret>(secret)});
  }
  void put_config(const std::string& id) {
    auto config = std::make_shared<api::Config>();
    config->set_id(id);
    tables.apply({store::Kind::kConfig, id, store::Ref<api::Config>(), store::Ref<api::Config>(config)});
  }
  static api::Task user(const std::string& id, const std::vector<std::string>& secrets,
                        api::TaskState state = api::ASSIGNED) {
    api::Task out = task(id, "node", state);
    for (const auto& secret : secrets) out.mutable_spec()->mutable_container()->add_secrets()->set_secret_id(secret);
    return out;
  }
  // "+task t1", "-secret s1", in the message's order.
  static std::string text(const std::optional<api::AssignmentsMessage>& message) {
    std::string out;
    for (const auto& change : message ? message->changes() : api::AssignmentsMessage().changes()) {
      const auto& item = change.assignment();
      out += out.empty() ? "" : " ";
      out += change.action() == api::AssignmentChange::REMOVE ? "-" : "+";
      out += item.has_task() ? item.task().id() : item.has_secret() ? item.secret().id() : item.config().id();
    }
    return out;
  }
  std::string next() { return text(sequence.next(tables)); }
};

TEST_F(DependenciesTest, what_tasks_need_goes_in_front_of_the_first_and_away_after_the_last) {
  put_secret("s1");
  put_config("c1");
  auto first = user("t1", {"s1"});
  first.mutable_spec()->mutable_container()->add_configs()->set_config_id("c1");
  put(tables, first);
  EXPECT_EQ(next(), "+s1 +c1 +t1");
  put(tables, user("t2", {"s1"}));
  EXPECT_EQ(next(), "+t2");
  remove(tables, "t1");
  EXPECT_EQ(next(), "-t1 -c1");
  put(tables, user("t2", {"s1"}, api::FAILED_));
  EXPECT_EQ(next(), "-s1") << "it has ended, and will not be started again";
  remove(tables, "t2");
  EXPECT_EQ(next(), "-t2");
  put(tables, user("t3", {"s1"}));
  EXPECT_EQ(next(), "+s1 +t3");
}

TEST_F(DependenciesTest, what_one_task_leaves_and_another_takes_is_not_sent_again) {
  put_secret("s1");
  put(tables, user("a", {"s1"}));
  EXPECT_EQ(next(), "+s1 +a");
  remove(tables, "a");
  put(tables, user("b", {"s1"}));
  EXPECT_EQ(next(), "-a +b");
  remove(tables, "b");
  EXPECT_EQ(next(), "-b -s1");
}

TEST_F(DependenciesTest, a_new_stream_tells_all_and_what_has_ended_needs_nothing) {
  put_secret("s1");
  put_secret("s2");
  put(tables, user("t1", {"s1"}, api::RUNNING));
  put(tables, user("t2", {"s2"}, api::COMPLETE_));
  EXPECT_EQ(next(), "+s1 +t1 +t2");
}

TEST_F(DependenciesTest, what_is_not_there_cannot_be_given) {
  put(tables, user("t1", {"gone"}));
  EXPECT_EQ(next(), "+t1");
}

// A message has at most 4 MiB, and a swarm's secrets and configs may be more.
TEST_F(DependenciesTest, much_data_comes_in_several_messages_and_each_task_after_its_own) {
  constexpr size_t kHalf = AssignmentSequence::kDependencyBytesMax / 2;
  for (const char* id : {"s1", "s2", "s3", "s4"}) put_secret(id, kHalf - 100);
  put_secret("s5", 3 * kHalf);
  put(tables, user("old", {"s1", "s2", "s3"}, api::STARTING));
  put(tables, user("t1", {"s3", "s4"}));
  put(tables, user("t2", {"s5"}));
  EXPECT_EQ(next(), "+s1 +s2 +old") << "which the node may have already";
  EXPECT_TRUE(sequence.has_more());
  EXPECT_EQ(next(), "+s3 +s4 +t1");
  EXPECT_EQ(next(), "+s5 +t2");
  EXPECT_FALSE(sequence.has_more());
  EXPECT_EQ(next(), "");
}

TEST_F(DependenciesTest, a_task_that_goes_before_it_was_told_leaves_nothing) {
  constexpr size_t kMost = AssignmentSequence::kDependencyBytesMax - 100;
  put_secret("s1", kMost);
  put_secret("s2", kMost);
  (void)sequence.next(tables);
  put(tables, user("t1", {"s1", "s2"}));
  EXPECT_EQ(next(), "+s1");
  remove(tables, "t1");
  EXPECT_EQ(next(), "-s1");
  EXPECT_FALSE(sequence.has_more());
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
