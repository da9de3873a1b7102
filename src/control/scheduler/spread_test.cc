#include "control/scheduler/spread.h"

#include <gtest/gtest.h>

#include "control/scheduler/swarm_for_test.h"

namespace skein::control {
namespace {

using Counts = std::map<std::string, int>;

struct SpreadTest : testing::Test {
  TestSwarm swarm;

  void add_zoned(const std::string& id, const std::string& zone) {
    api::Node node = TestSwarm::node(id);
    if (!zone.empty()) TestSwarm::set_label(node, "zone", zone);
    swarm.put(node);
  }
  static void prefer(api::Task& task, const std::string& descriptor) {
    task.mutable_spec()->mutable_placement()->add_preferences()->mutable_spread()->set_spread_descriptor(descriptor);
  }
  void add_failures(const std::string& node_id, int count, Duration age, uint64_t version = 1) {
    for (int i = 0; i < count; ++i) {
      api::Task failed = swarm.task("web");
      failed.set_node_id(node_id);
      failed.mutable_spec_version()->set_index(version);
      failed.set_desired_state(api::SHUTDOWN);
      failed.mutable_status()->set_state(i % 2 ? api::FAILED_ : api::REJECTED);
      *failed.mutable_status()->mutable_timestamp() = model::to_timestamp(swarm.now - age);
      swarm.add(failed);
    }
  }
};

// ---- preferences

TEST_F(SpreadTest, tasks_divide_evenly_over_the_values_of_a_label) {
  add_zoned("a1", "a");
  for (const char* id : {"b1", "b2", "b3"}) add_zoned(id, "b");
  add_zoned("c1", "");
  api::Task task = swarm.task("web");
  prefer(task, "Node.Labels.zone");
  swarm.add_tasks(task, 9);
  swarm.schedule();
  EXPECT_EQ(swarm.per_node("web"), (Counts{{"a1", 3}, {"b1", 1}, {"b2", 1}, {"b3", 1}, {"c1", 3}}));
}

TEST_F(SpreadTest, existing_tasks_count_for_their_branch_on_nodes_that_take_no_more_too) {
  for (const char* id : {"a1", "a2"}) add_zoned(id, "a");
  add_zoned("b1", "b");
  for (int i = 0; i < 3; ++i) swarm.add_running(swarm.task("web"), "a1");
  api::Node paused = *swarm.tables.get<api::Node>("a1");
  paused.mutable_spec()->set_availability(api::AVAILABILITY_PAUSE);
  swarm.put(paused);
  api::Task task = swarm.task("web");
  prefer(task, "node.labels.zone");
  swarm.add_tasks(task, 5);
  swarm.schedule();
  EXPECT_EQ(swarm.per_node("web"), (Counts{{"a1", 3}, {"a2", 1}, {"b1", 4}}));
}

TEST_F(SpreadTest, what_a_full_branch_cannot_take_goes_to_the_others) {
  for (const char* id : {"a1", "a2"}) add_zoned(id, "a");
  for (const char* id : {"b1", "b2"}) add_zoned(id, "b");
  api::Node paused = *swarm.tables.get<api::Node>("b2");
  paused.mutable_status()->set_state(api::NodeStatus::DOWN);
  swarm.put(paused);
  api::Task task = swarm.task("web");
  task.mutable_spec()->mutable_placement()->set_max_replicas(3);
  prefer(task, "node.labels.zone");
  swarm.add_tasks(task, 10);
  EXPECT_EQ(swarm.schedule().placed.size(), 9u);
  EXPECT_EQ(swarm.per_node("web"), (Counts{{"a1", 3}, {"a2", 3}, {"b1", 3}, {"b2", 0}}));
}

TEST_F(SpreadTest, preferences_nest_in_their_order) {
  struct {
    const char *id, *zone, *rack;
  } nodes[] = {{"n1", "a", "1"}, {"n2", "a", "2"}, {"n3", "a", "2"}, {"n4", "b", "1"}, {"n5", "b", "1"}};
  for (auto& each : nodes) {
    api::Node node = TestSwarm::node(each.id);
    TestSwarm::set_label(node, "zone", each.zone);
    (*node.mutable_description()->mutable_engine()->mutable_labels())["rack"] = each.rack;
    swarm.put(node);
  }
  api::Task task = swarm.task("web");
  prefer(task, "node.labels.zone");
  prefer(task, "node.hostname");  // no label: passed over, as Docker does
  prefer(task, "engine.labels.rack");
  swarm.add_tasks(task, 8);
  swarm.schedule();
  EXPECT_EQ(swarm.per_node("web"), (Counts{{"n1", 2}, {"n2", 1}, {"n3", 1}, {"n4", 2}, {"n5", 2}}));
}

TEST_F(SpreadTest, an_empty_label_and_a_missing_one_are_the_same_branch) {
  add_zoned("n1", "");
  api::Node empty = TestSwarm::node("n2");
  TestSwarm::set_label(empty, "zone", "");
  swarm.put(empty);
  add_zoned("n3", "a");
  api::Task task = swarm.task("web");
  prefer(task, "node.labels.zone");
  swarm.add_tasks(task, 4);
  swarm.schedule();
  EXPECT_EQ(swarm.per_node("web"), (Counts{{"n1", 1}, {"n2", 1}, {"n3", 2}}));
}

TEST_F(SpreadTest, a_spec_with_endless_preferences_is_placed_all_the_same) {
  add_zoned("n1", "a");
  api::Task task = swarm.task("web");
  for (int i = 0; i < 100'000; ++i) prefer(task, "node.labels.zone");
  std::string id = swarm.add(task);
  swarm.schedule();
  EXPECT_EQ(swarm.node_of(id), "n1");
}

// ---- failures

TEST_F(SpreadTest, a_node_where_the_service_keeps_failing_is_avoided) {
  swarm.add_nodes({"n1", "n2"});
  swarm.add_running(swarm.task("web"), "n2");
  add_failures("n1", 4, std::chrono::minutes(1));
  std::string id = swarm.add(swarm.task("web"));
  swarm.schedule();
  EXPECT_EQ(swarm.node_of(id), "n1") << "four failures may be chance";

  TestSwarm other;
  std::swap(swarm, other);
  swarm.add_nodes({"n1", "n2"});
  for (int i = 0; i < 3; ++i) swarm.add_running(swarm.task("web"), "n2");
  add_failures("n1", 5, std::chrono::minutes(1));
  swarm.add_tasks(swarm.task("web"), 4);
  swarm.schedule();
  EXPECT_EQ(swarm.per_node("web"), (Counts{{"n1", 0}, {"n2", 7}}));
}

TEST_F(SpreadTest, failures_long_ago_or_of_another_version_are_forgiven) {
  swarm.add_nodes({"n1", "n2"});
  swarm.add_running(swarm.task("web"), "n2");
  add_failures("n1", 9, kFailureWindow);
  add_failures("n1", 9, std::chrono::minutes(1), 2);
  std::string id = swarm.add(swarm.task("web"));
  swarm.schedule();
  EXPECT_EQ(swarm.node_of(id), "n1");
}

// A node whose clock is behind by an hour has failures "an hour ago"; one ahead would have them for ever.
TEST_F(SpreadTest, failures_are_dated_by_the_managers_clock) {
  swarm.add_nodes({"n1", "n2"});
  add_failures("n1", 6, std::chrono::hours(1));
  for (const auto& failed : swarm.tables.tasks_of_service("web")) {
    api::Task dated = *failed;
    *dated.mutable_status()->mutable_applied_at() = model::to_timestamp(swarm.now - std::chrono::seconds(1));
    swarm.put(dated);
  }
  swarm.add_running(swarm.task("web"), "n2");
  std::string id = swarm.add(swarm.task("web"));
  swarm.schedule();
  EXPECT_EQ(swarm.node_of(id), "n2");
}

// A single replica has at most a handful of failures in its history; it must not return to the same bad node each time.
TEST_F(SpreadTest, among_equals_the_node_with_fewer_failures_wins) {
  swarm.add_nodes({"n1", "n2"});
  add_failures("n1", 1, std::chrono::minutes(1));
  std::string id = swarm.add(swarm.task("web"));
  swarm.schedule();
  EXPECT_EQ(swarm.node_of(id), "n2");
}

}  // namespace
}  // namespace skein::control
