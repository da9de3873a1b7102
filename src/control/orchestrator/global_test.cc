#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/orchestrator/simulated_swarm_for_test.h"

namespace skein::control {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::multiset<std::string> nodes_of(const std::vector<store::Ref<api::Task>>& tasks) {
  std::multiset<std::string> out;
  for (const auto& task : tasks) out.insert(task->node_id());
  return out;
}

void label(SimulatedSwarm& swarm, const std::string& node_id, const std::string& zone) {
  swarm.change_node(node_id, [&](api::Node& node) {
    (*node.mutable_spec()->mutable_annotations()->mutable_labels())["zone"] = zone;
  });
}

TEST(Global, every_node_gets_one_task_of_its_name) {
  SimulatedSwarm swarm(3);
  swarm.create(global_service("s"));
  swarm.run(2s);
  EXPECT_THAT(nodes_of(swarm.running("s")), UnorderedElementsAre("n1", "n2", "n3"));
  const api::Task& task = *swarm.running("s")[0];
  EXPECT_EQ(task.slot(), 0u);
  EXPECT_EQ(task.annotations().name(), "web." + task.node_id() + "." + task.id());
}

TEST(Global, a_node_that_joins_gets_a_task) {
  SimulatedSwarm swarm(1);
  swarm.create(global_service("s"));
  swarm.run(2s);
  swarm.change([](store::Transaction& tx) {
    api::Node node;
    node.set_id("n2");
    node.mutable_status()->set_state(api::NodeStatus::READY);
    tx.create(node);
  });
  swarm.run(2s);
  EXPECT_THAT(nodes_of(swarm.running("s")), UnorderedElementsAre("n1", "n2"));
}

TEST(Global, constraints_choose_the_nodes) {
  SimulatedSwarm swarm(3);
  label(swarm, "n2", "a");
  api::Service service = global_service("s");
  service.mutable_spec()->mutable_task()->mutable_placement()->add_constraints("node.labels.zone == a");
  swarm.create(service);
  swarm.run(2s);
  EXPECT_THAT(nodes_of(swarm.running("s")), ElementsAre("n2"));
  label(swarm, "n3", "a");
  label(swarm, "n2", "b");
  swarm.run(2s);
  EXPECT_THAT(nodes_of(swarm.running("s")), ElementsAre("n3"));
}

TEST(Global, a_drained_node_is_emptied_and_filled_again) {
  SimulatedSwarm swarm(2);
  swarm.create(global_service("s"));
  swarm.run(2s);
  swarm.set_availability("n1", api::DRAIN);
  swarm.run(2s);
  EXPECT_THAT(nodes_of(swarm.running("s")), ElementsAre("n2"));
  EXPECT_THAT(nodes_of(swarm.wanted("s")), ElementsAre("n2"));
  swarm.set_availability("n1", api::ACTIVE);
  swarm.run(2s);
  EXPECT_THAT(nodes_of(swarm.running("s")), UnorderedElementsAre("n1", "n2"));
}

TEST(Global, a_node_that_comes_back_stops_the_old_task_and_starts_a_new_one) {
  SimulatedSwarm swarm(2);
  swarm.create(global_service("s"));
  swarm.run(2s);
  swarm.set_node_state("n1", api::NodeStatus::DOWN);
  swarm.run(20s);
  EXPECT_THAT(nodes_of(swarm.wanted("s")), ElementsAre("n2"));
  swarm.set_node_state("n1", api::NodeStatus::READY);
  swarm.run(3s);
  EXPECT_THAT(nodes_of(swarm.running("s")), UnorderedElementsAre("n1", "n2"));
}

TEST(Global, a_paused_node_keeps_its_task_and_gets_no_new_one) {
  SimulatedSwarm swarm(2);
  swarm.create(global_service("s"));
  swarm.run(2s);
  swarm.set_availability("n1", api::AVAILABILITY_PAUSE);
  swarm.run(10s);
  EXPECT_EQ(swarm.running("s").size(), 2u);
  for (const auto& task : swarm.running("s")) swarm.report(task->id(), api::FAILED_);
  swarm.run(10s);
  EXPECT_THAT(nodes_of(swarm.wanted("s")), ElementsAre("n2"));
  swarm.set_availability("n1", api::ACTIVE);
  swarm.run(10s);
  EXPECT_THAT(nodes_of(swarm.running("s")), UnorderedElementsAre("n1", "n2"));
}

TEST(Global, an_ended_task_is_restarted_on_its_node_after_the_delay) {
  SimulatedSwarm swarm(2);
  swarm.create(global_service("s"));
  swarm.run(2s);
  auto old = swarm.running("s")[0];
  swarm.report(old->id(), api::FAILED_);
  swarm.run(4s);
  EXPECT_EQ(swarm.running("s").size(), 1u);
  swarm.run(2s);
  EXPECT_THAT(nodes_of(swarm.running("s")), UnorderedElementsAre("n1", "n2"));
}

TEST(Global, a_removed_node_leaves_no_tasks_behind) {
  SimulatedSwarm swarm(2);
  swarm.create(global_service("s"));
  swarm.run(2s);
  for (const auto& task : swarm.running("s"))
    if (task->node_id() == "n1") swarm.report(task->id(), api::FAILED_);
  swarm.run(8s);
  EXPECT_EQ(swarm.tasks("s").size(), 3u);
  swarm.remove_node("n1");
  swarm.run(1s);
  EXPECT_THAT(nodes_of(swarm.tasks("s")), ElementsAre("n2"));
}

TEST(Global, an_update_goes_from_node_to_node) {
  SimulatedSwarm swarm(3);
  swarm.create(global_service("s"));
  swarm.run(2s);
  swarm.after_tick = [&] { EXPECT_GE(swarm.running("s").size(), 2u); };
  swarm.update("s", [](api::ServiceSpec& spec) { spec.mutable_task()->mutable_container()->set_image("v2"); });
  swarm.run(20s);
  EXPECT_THAT(swarm.images_running("s"), ElementsAre("v2"));
  EXPECT_EQ(swarm.running("s").size(), 3u);
  EXPECT_EQ(swarm.service("s").update_status().state(), api::UpdateStatus::COMPLETED);
}

// Nodes without a task of the service have no part in the failure ratio, whatever ran there before.
TEST(Global, drained_nodes_do_not_dilute_failures) {
  SimulatedSwarm swarm(3);
  api::Service service = global_service("s");
  service.mutable_spec()->mutable_update()->set_parallelism(1);
  service.mutable_spec()->mutable_update()->set_max_failure_ratio(0.4F);
  *service.mutable_spec()->mutable_update()->mutable_delay() = model::to_wire(3s);
  swarm.create(service);
  swarm.run(2s);
  swarm.set_availability("n3", api::DRAIN);
  swarm.run(2s);
  swarm.fate = [](const api::Task& task) { return Fate{.is_rejected = task.spec().container().image() == "v2"}; };
  swarm.update("s", [](api::ServiceSpec& spec) { spec.mutable_task()->mutable_container()->set_image("v2"); });
  swarm.run(20s);
  EXPECT_EQ(swarm.service("s").update_status().state(), api::UpdateStatus::PAUSED);
  EXPECT_EQ(swarm.running("s").size(), 1u);
}

}  // namespace
}  // namespace skein::control
