#include "control/scheduler/scheduler.h"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

#include "control/scheduler/swarm_for_test.h"

namespace skein::control {
namespace {

using Counts = std::map<std::string, int>;

struct SchedulerTest : testing::Test {
  TestSwarm swarm;
};

TEST_F(SchedulerTest, a_waiting_task_gets_a_node_and_says_so) {
  swarm.add_nodes({"n1"});
  api::Task waiting = swarm.task("web");
  waiting.mutable_status()->set_err("no suitable node");
  std::string id = swarm.add(waiting);
  EXPECT_EQ(swarm.schedule().placed.size(), 1u);
  const api::Task& task = swarm.get(id);
  EXPECT_EQ(task.node_id(), "n1");
  EXPECT_EQ(task.status().state(), api::ASSIGNED);
  EXPECT_EQ(task.status().message(), "scheduler assigned task to node");
  EXPECT_EQ(task.status().err(), "");
  EXPECT_EQ(model::to_wall(task.status().timestamp()), swarm.now);
  EXPECT_EQ(task.desired_state(), api::RUNNING);
}

TEST_F(SchedulerTest, only_tasks_that_wait_and_are_wanted_are_placed) {
  swarm.add_nodes({"n1"});
  auto with = [&](api::TaskState state, api::TaskState desired) {
    api::Task task = swarm.task("web");
    task.mutable_status()->set_state(state);
    task.set_desired_state(desired);
    return swarm.add(task);
  };
  std::string ready = with(api::PENDING, api::READY_), job = with(api::PENDING, api::COMPLETE_);
  std::vector<std::string> others{with(api::NEW, api::RUNNING), with(api::PENDING, api::SHUTDOWN),
                                  with(api::PENDING, api::REMOVE_), with(api::FAILED_, api::RUNNING)};
  EXPECT_EQ(swarm.schedule().placed.size(), 2u);
  EXPECT_EQ(swarm.node_of(ready), "n1");
  EXPECT_EQ(swarm.node_of(job), "n1");
  for (const std::string& id : others) EXPECT_EQ(swarm.node_of(id), "") << id;
}

TEST_F(SchedulerTest, tasks_of_a_service_spread_over_the_nodes) {
  swarm.add_nodes({"n1", "n2", "n3"});
  swarm.add_tasks(swarm.task("web"), 7);
  swarm.schedule();
  EXPECT_EQ(swarm.per_node("web"), (Counts{{"n1", 3}, {"n2", 2}, {"n3", 2}}));
}

TEST_F(SchedulerTest, the_services_own_tasks_count_before_those_of_others) {
  swarm.add_nodes({"n1", "n2"});
  swarm.add_running(swarm.task("web"), "n1");
  for (int i = 0; i < 5; ++i) swarm.add_running(swarm.task("other"), "n2");
  std::string id = swarm.add(swarm.task("web"));
  swarm.schedule();
  EXPECT_EQ(swarm.node_of(id), "n2");
}

TEST_F(SchedulerTest, among_equals_the_least_loaded_node_wins_then_the_lower_id) {
  swarm.add_nodes({"n1", "n2", "n3"});
  swarm.add_running(swarm.task("other"), "n1");
  std::string first = swarm.add(swarm.task("web")), second = swarm.add(swarm.task("db"));
  swarm.schedule();
  std::set<std::string> nodes{swarm.node_of(first), swarm.node_of(second)};
  EXPECT_EQ(nodes, (std::set<std::string>{"n2", "n3"})) << "what one group got counts for the next";
  EXPECT_EQ(swarm.node_of(second), "n2") << "db before web";
}

// n2 is idle, but its first task must make it as busy as n1.
TEST_F(SchedulerTest, a_tasks_own_weight_counts_at_once) {
  swarm.add_nodes({"n1", "n2"});
  swarm.add_running(swarm.task("web"), "n1");
  swarm.add_tasks(swarm.task("web"), 2);
  swarm.schedule();
  EXPECT_EQ(swarm.per_node("web"), (Counts{{"n1", 2}, {"n2", 1}}));
}

TEST_F(SchedulerTest, existing_unevenness_is_evened_out_first) {
  swarm.add_nodes({"n1", "n2", "n3"});
  for (int i = 0; i < 4; ++i) swarm.add_running(swarm.task("web"), "n1");
  swarm.add_tasks(swarm.task("web"), 7);
  swarm.schedule();
  EXPECT_EQ(swarm.per_node("web"), (Counts{{"n1", 4}, {"n2", 4}, {"n3", 3}}));
}

TEST_F(SchedulerTest, tasks_told_to_stop_do_not_count_but_keep_what_they_hold) {
  swarm.add_nodes({"n1", "n2"});
  api::Task stopping = swarm.task("web");
  stopping.set_desired_state(api::SHUTDOWN);
  std::string old = swarm.add_running(stopping, "n1");
  swarm.add_running(swarm.task("other"), "n2");
  std::string id = swarm.add(swarm.task("web"));
  swarm.schedule();
  EXPECT_EQ(swarm.node_of(id), "n1");

  api::Task heavy = swarm.task("heavy");
  reserve(heavy, 0, 5'000'000'000);
  api::Task held = swarm.get(old);
  reserve(held, 0, 5'000'000'000);
  swarm.put(held);
  std::string first = swarm.add(heavy);
  swarm.schedule();
  EXPECT_EQ(swarm.node_of(first), "n2");
  heavy.set_id(swarm.task("heavy").id());
  std::string second = swarm.add(heavy);
  swarm.schedule();
  EXPECT_EQ(swarm.err(second), "no suitable node (insufficient resources on 2 nodes)");
  held.mutable_status()->set_state(api::SHUTDOWN);
  swarm.put(held);
  swarm.schedule();
  EXPECT_EQ(swarm.node_of(second), "n1");
}

TEST_F(SchedulerTest, a_task_without_a_node_says_why_and_is_written_once) {
  api::Task task = swarm.task("web");
  std::string id = swarm.add(task);
  EXPECT_EQ(swarm.schedule().placed.size(), 0u);
  EXPECT_EQ(swarm.err(id), "no suitable node") << "a swarm without nodes gives no reasons";
  api::Node down = TestSwarm::node("n1");
  down.mutable_status()->set_state(api::NodeStatus::DOWN);
  swarm.put(down);
  swarm.schedule();
  EXPECT_EQ(swarm.err(id), "no suitable node (1 node not available for new tasks)");
  EXPECT_EQ(swarm.get(id).status().message(), "pending task scheduling");
  EXPECT_EQ(swarm.get(id).status().state(), api::PENDING);
  EXPECT_EQ(model::to_wall(swarm.get(id).status().timestamp()), swarm.now);

  uint64_t version = swarm.get(id).meta().version().index();
  swarm.now = swarm.now + std::chrono::seconds(10);
  auto again = swarm.schedule();
  EXPECT_EQ(swarm.get(id).meta().version().index(), version) << "the same reason is not written again";
  EXPECT_FALSE(again.again) << "nothing changes by waiting";
  swarm.add_nodes({"n2"});
  swarm.schedule();
  EXPECT_EQ(swarm.node_of(id), "n2");
}

// What a partly placed service says must be what it says in the next pass, or every pass would write.
TEST_F(SchedulerTest, nodes_that_fill_up_during_the_pass_count_once_in_the_reason) {
  swarm.add_nodes({"n1", "n2"});
  api::Node paused = TestSwarm::node("n3");
  paused.mutable_spec()->set_availability(api::AVAILABILITY_PAUSE);
  swarm.put(paused);
  api::Task task = swarm.task("web");
  reserve(task, 3'000'000'000, 0);
  swarm.add_tasks(task, 4);
  EXPECT_EQ(swarm.schedule().placed.size(), 2u);
  uint64_t index = swarm.index;
  int waiting = 0;
  for (const auto& each : swarm.tables.tasks_of_service("web")) {
    if (!each->node_id().empty()) continue;
    ++waiting;
    EXPECT_EQ(each->status().err(),
              "no suitable node (insufficient resources on 2 nodes; 1 node not available for new tasks)");
  }
  EXPECT_EQ(waiting, 2);
  swarm.schedule();
  for (const auto& each : swarm.tables.tasks_of_service("web")) EXPECT_LE(each->meta().version().index(), index);
}

TEST_F(SchedulerTest, host_ports_and_max_replicas_allow_one_task_per_node) {
  swarm.add_nodes({"n1", "n2"});
  api::Task ports = swarm.task("ports"), few = swarm.task("few");
  publish_on_host(ports, 80);
  few.mutable_spec()->mutable_placement()->set_max_replicas(1);
  swarm.add_tasks(ports, 2);
  swarm.add_tasks(few, 2);
  std::string third_port = swarm.add(ports), third_few = swarm.add(few);
  for (std::string* id : {&third_port, &third_few}) {
    api::Task last = swarm.get(*id);
    last.set_slot(9);
    swarm.put(last);
  }
  EXPECT_EQ(swarm.schedule().placed.size(), 4u);
  EXPECT_EQ(swarm.per_node("ports"), (Counts{{"n1", 1}, {"n2", 1}}));
  EXPECT_EQ(swarm.per_node("few"), (Counts{{"n1", 1}, {"n2", 1}}));
  EXPECT_EQ(swarm.err(third_port), "no suitable node (host-mode port already in use on 2 nodes)");
  EXPECT_EQ(swarm.err(third_few), "no suitable node (max replicas per node limit exceed)");
}

TEST_F(SchedulerTest, generic_resources_are_given_to_the_task_by_name) {
  api::Node node = TestSwarm::node("n1");
  for (const char* name : {"a", "b", "c"})
    add_named(*node.mutable_description()->mutable_resources()->mutable_generic(), "gpu", name);
  add_discrete(*node.mutable_description()->mutable_resources()->mutable_generic(), "licence", 5);
  swarm.put(node);
  api::Task task = swarm.task("web");
  auto* wanted = task.mutable_spec()->mutable_resources()->mutable_reservations()->mutable_generic();
  add_discrete(*wanted, "gpu", 1);
  add_discrete(*wanted, "licence", 2);
  swarm.add_tasks(task, 3);
  EXPECT_EQ(swarm.schedule().placed.size(), 2u) << "the licences are enough for two";
  std::set<std::string> gpus;
  for (const auto& each : swarm.tables.tasks_of_service("web")) {
    if (each->node_id().empty()) {
      EXPECT_EQ(each->assigned_generic_resources_size(), 0);
      continue;
    }
    ASSERT_EQ(each->assigned_generic_resources_size(), 2);
    gpus.insert(each->assigned_generic_resources(0).named_resource_spec().value());
    EXPECT_EQ(each->assigned_generic_resources(1).discrete_resource_spec().value(), 2);
  }
  EXPECT_EQ(gpus, (std::set<std::string>{"a", "b"}));
}

// ---- global services

TEST_F(SchedulerTest, a_preassigned_task_is_confirmed_on_its_node_alone) {
  swarm.add_nodes({"n1", "n2"});
  api::Task task = swarm.task("agent");
  task.set_node_id("n2");
  std::string id = swarm.add(task);
  EXPECT_EQ(swarm.schedule().placed.size(), 1u);
  EXPECT_EQ(swarm.node_of(id), "n2");
  EXPECT_EQ(swarm.get(id).status().state(), api::ASSIGNED);
  EXPECT_EQ(swarm.get(id).status().message(), "scheduler confirmed task can run on preassigned node");
}

TEST_F(SchedulerTest, a_preassigned_task_waits_for_room_on_its_own_node) {
  swarm.add_nodes({"n1", "n2"});
  api::Task task = swarm.task("agent");
  task.set_node_id("n2");
  reserve(task, 5'000'000'000, 0);
  std::string id = swarm.add(task);
  EXPECT_EQ(swarm.schedule().placed.size(), 0u);
  EXPECT_EQ(swarm.get(id).status().state(), api::PENDING);
  EXPECT_EQ(swarm.err(id), "insufficient resources on 1 node");
  EXPECT_EQ(swarm.get(id).status().message(), "pending task scheduling");
  uint64_t version = swarm.get(id).meta().version().index();
  swarm.schedule();
  EXPECT_EQ(swarm.get(id).meta().version().index(), version);
}

TEST_F(SchedulerTest, preassigned_tasks_come_first_and_what_they_take_is_gone) {
  swarm.add_nodes({"n1"});
  api::Task replica = swarm.task("a"), global = swarm.task("z");
  for (api::Task* task : {&replica, &global}) reserve(*task, 3'000'000'000, 0);
  global.set_node_id("n1");
  std::string waiting = swarm.add(replica), placed = swarm.add(global);
  swarm.schedule();
  EXPECT_EQ(swarm.get(placed).status().state(), api::ASSIGNED);
  EXPECT_EQ(swarm.err(waiting), "no suitable node (insufficient resources on 1 node)");
}

TEST_F(SchedulerTest, a_task_whose_own_node_is_gone_is_left_alone) {
  api::Task task = swarm.task("agent");
  task.set_node_id("gone");
  std::string id = swarm.add(task);
  EXPECT_EQ(swarm.schedule().placed.size(), 0u);
  EXPECT_EQ(swarm.err(id), "");
}

// ---- groups and bounds

TEST_F(SchedulerTest, versions_of_a_service_are_judged_apart) {
  swarm.add_nodes({"n1"});
  api::Task old = swarm.task("web"), updated = swarm.task("web");
  old.mutable_spec()->mutable_placement()->add_constraints("node.labels.zone==a");
  updated.mutable_spec_version()->set_index(2);
  std::string first = swarm.add(old), second = swarm.add(updated);
  swarm.schedule();
  EXPECT_EQ(swarm.err(first), "no suitable node (scheduling constraints not satisfied on 1 node)");
  EXPECT_EQ(swarm.node_of(second), "n1");
}

TEST_F(SchedulerTest, tasks_without_a_version_are_judged_one_by_one) {
  swarm.add_nodes({"n1"});
  api::Task one = swarm.task("web"), two = swarm.task("web");
  one.clear_spec_version();
  two.clear_spec_version();
  one.mutable_spec()->mutable_placement()->add_constraints("node.labels.zone==a");
  std::string first = swarm.add(one), second = swarm.add(two);
  swarm.schedule();
  EXPECT_EQ(swarm.node_of(first), "");
  EXPECT_EQ(swarm.node_of(second), "n1");
}

TEST_F(SchedulerTest, lower_slots_are_served_first) {
  swarm.add_nodes({"n1"});
  api::Task late = swarm.task("web"), early = swarm.task("web");
  for (api::Task* task : {&late, &early}) reserve(*task, 3'000'000'000, 0);
  late.set_slot(10);
  early.set_slot(9);
  std::string waits = swarm.add(late), placed = swarm.add(early);
  swarm.schedule();
  EXPECT_EQ(swarm.node_of(placed), "n1");
  EXPECT_EQ(swarm.node_of(waits), "");
}

// One pass must not become a transaction without end.

}  // namespace
}  // namespace skein::control
