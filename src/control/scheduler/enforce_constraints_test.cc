#include <gtest/gtest.h>

#include "control/scheduler/swarm_for_test.h"

namespace skein::control {
namespace {

struct EnforceTest : testing::Test {
  TestSwarm swarm;
  api::Node node = TestSwarm::node("n1");

  void SetUp() override { put_label("a"); }
  void put_label(const std::string& zone) {
    TestSwarm::set_label(node, "zone", zone);
    swarm.put(node);
  }
  api::Task in_zone_a() {
    api::Task task = swarm.task("web");
    task.mutable_spec()->mutable_placement()->add_constraints("node.labels.zone==a");
    return task;
  }
  bool is_rejected(const std::string& id) const { return swarm.get(id).status().state() == api::REJECTED; }
};

TEST_F(EnforceTest, a_task_whose_constraints_no_longer_hold_is_rejected_in_dockers_words) {
  std::string id = swarm.add_running(in_zone_a(), "n1"), other = swarm.add_running(swarm.task("web"), "n1");
  swarm.enforce("n1");
  EXPECT_FALSE(is_rejected(id));
  put_label("b");
  swarm.enforce("n1");
  EXPECT_TRUE(is_rejected(id));
  EXPECT_EQ(swarm.get(id).status().message(), "task rejected by constraint enforcer");
  EXPECT_EQ(swarm.get(id).status().err(), "assigned node no longer meets constraints");
  EXPECT_EQ(model::to_wall(swarm.get(id).status().timestamp()), swarm.now);
  EXPECT_EQ(swarm.get(id).desired_state(), api::RUNNING) << "the orchestrator decides what comes next";
  EXPECT_FALSE(is_rejected(other));
}

TEST_F(EnforceTest, a_second_look_changes_nothing) {
  std::string id = swarm.add_running(in_zone_a(), "n1");
  put_label("b");
  swarm.enforce("n1");
  uint64_t version = swarm.get(id).meta().version().index();
  swarm.enforce("n1");
  EXPECT_EQ(swarm.get(id).meta().version().index(), version);
}

TEST_F(EnforceTest, paused_and_drained_nodes_are_left_to_the_orchestrator) {
  std::string id = swarm.add_running(in_zone_a(), "n1");
  for (auto availability : {api::AVAILABILITY_PAUSE, api::DRAIN}) {
    node.mutable_spec()->set_availability(availability);
    put_label("b");
    swarm.enforce("n1");
    EXPECT_FALSE(is_rejected(id));
  }
  swarm.enforce("unknown");
}

TEST_F(EnforceTest, only_tasks_that_live_there_are_looked_at) {
  auto with = [&](api::TaskState state, api::TaskState desired) {
    api::Task task = in_zone_a();
    task.set_node_id("n1");
    task.mutable_status()->set_state(state);
    task.set_desired_state(desired);
    return swarm.add(task);
  };
  std::string assigned = with(api::ASSIGNED, api::RUNNING), ready = with(api::READY_, api::READY_),
              job = with(api::RUNNING, api::COMPLETE_);
  std::vector<std::string> others{with(api::PENDING, api::RUNNING), with(api::RUNNING, api::SHUTDOWN),
                                  with(api::FAILED_, api::RUNNING), with(api::COMPLETE_, api::COMPLETE_)};
  put_label("b");
  swarm.enforce("n1");
  for (const std::string& id : {assigned, ready, job}) EXPECT_TRUE(is_rejected(id)) << id;
  for (const std::string& id : others) EXPECT_FALSE(is_rejected(id)) << id;
}

// After a change of constraints only, tasks on nodes that still meet them keep their old spec.
TEST_F(EnforceTest, the_services_present_constraints_count) {
  std::string id = swarm.add_running(in_zone_a(), "n1");
  api::Service service;
  service.set_id("web");
  service.mutable_spec()->mutable_task()->mutable_placement()->add_constraints("node.labels.zone!=c");
  swarm.put(service);
  put_label("b");
  swarm.enforce("n1");
  EXPECT_FALSE(is_rejected(id));
  put_label("c");
  swarm.enforce("n1");
  EXPECT_TRUE(is_rejected(id));
}

TEST_F(EnforceTest, when_a_node_shrinks_the_newest_reservations_lose) {
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    api::Task task = swarm.task("web");
    // Ids in the opposite order of creation.
    task.set_id("x" + std::to_string(9 - i));
    if (i != 1) reserve(task, 1'000'000'000, 2'000'000'000);
    ids.push_back(swarm.add_running(task, "n1"));
    swarm.now = swarm.now + std::chrono::seconds(1);
  }
  node.mutable_description()->mutable_resources()->set_memory_bytes(5'000'000'000);
  swarm.put(node);
  swarm.enforce("n1");
  EXPECT_FALSE(is_rejected(ids[0]));
  EXPECT_FALSE(is_rejected(ids[1])) << "it reserves nothing";
  EXPECT_FALSE(is_rejected(ids[2]));
  EXPECT_TRUE(is_rejected(ids[3]));
  node.mutable_description()->mutable_resources()->set_nano_cpus(0);
  swarm.put(node);
  swarm.enforce("n1");
  EXPECT_TRUE(is_rejected(ids[0]));
  EXPECT_FALSE(is_rejected(ids[1]));
}

TEST_F(EnforceTest, tasks_lose_with_the_generic_resource_they_were_given) {
  std::vector<std::string> ids;
  for (const char* name : {"a", "b"}) {
    add_named(*node.mutable_description()->mutable_resources()->mutable_generic(), "gpu", name);
    api::Task task = swarm.task("web");
    add_named(*task.mutable_assigned_generic_resources(), "gpu", name);
    ids.push_back(swarm.add_running(task, "n1"));
  }
  swarm.put(node);
  swarm.enforce("n1");
  for (const std::string& id : ids) EXPECT_FALSE(is_rejected(id));
  node.mutable_description()->mutable_resources()->mutable_generic()->DeleteSubrange(0, 1);
  swarm.put(node);
  swarm.enforce("n1");
  EXPECT_TRUE(is_rejected(ids[0]));
  EXPECT_FALSE(is_rejected(ids[1]));
}

TEST_F(EnforceTest, a_node_that_tells_no_resources_is_not_a_node_without_any) {
  api::Task task = swarm.task("web");
  reserve(task, 1, 1);
  std::string id = swarm.add_running(task, "n1");
  node.mutable_description()->clear_resources();
  swarm.put(node);
  swarm.enforce("n1");
  EXPECT_FALSE(is_rejected(id));
}

}  // namespace
}  // namespace skein::control
