#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "control/orchestrator/update_for_test.h"

namespace skein::control {
namespace {

using testing::ElementsAre;

TEST_F(Update, one_slot_after_the_other_by_default) {
  start(3);
  swarm.after_tick = [&] {
    EXPECT_GE(swarm.running("s").size(), 2u);
    EXPECT_LE(swarm.running("s").size(), 3u);
  };
  set_image("v2");
  swarm.reconcile();
  EXPECT_EQ(status().state(), api::UpdateStatus::UPDATING);
  EXPECT_EQ(status().message(), "update in progress");
  EXPECT_EQ(model::to_wall(status().started_at()), swarm.now);
  swarm.run(5s);
  EXPECT_THAT(swarm.images_running("s"), ElementsAre("v2"));
  EXPECT_EQ(status().state(), api::UpdateStatus::UPDATING);  // still watched
  swarm.run(5s);
  EXPECT_EQ(status().state(), api::UpdateStatus::COMPLETED);
  EXPECT_EQ(status().message(), "update completed");
  EXPECT_TRUE(status().has_completed_at());
}

// start-first is for services that must not lose capacity.
TEST_F(Update, start_first_never_has_fewer_than_wanted) {
  start(3, [](auto& config) { config.set_order(api::UpdateConfig::START_FIRST); });
  swarm.after_tick = [&] {
    EXPECT_GE(swarm.running("s").size(), 3u);
    EXPECT_LE(swarm.running("s").size(), 5u);  // one to start, one not yet stopped
  };
  set_image("v2");
  swarm.run(15s);
  EXPECT_THAT(swarm.images_running("s"), ElementsAre("v2"));
  EXPECT_EQ(swarm.running("s").size(), 3u);
  EXPECT_EQ(status().state(), api::UpdateStatus::COMPLETED);
}

TEST_F(Update, start_first_keeps_the_old_task_while_the_new_one_fails) {
  start(2, [](auto& config) { config.set_order(api::UpdateConfig::START_FIRST); });
  image_fails("v2", std::nullopt);
  swarm.after_tick = [&] { EXPECT_EQ(count_running("v1"), 2u); };
  set_image("v2");
  swarm.run(20s);
  EXPECT_EQ(status().state(), api::UpdateStatus::PAUSED);
}

TEST_F(Update, an_old_task_that_dies_beside_its_successor_is_not_replaced_too) {
  start(1, [](auto& config) { config.set_order(api::UpdateConfig::START_FIRST); });
  swarm.fate = [](const api::Task&) { return Fate{.starts_after = 10s}; };
  auto old = swarm.task_at("s", 1);
  set_image("v2");
  swarm.run(2s);
  swarm.report(old->id(), api::FAILED_);
  swarm.run(30s);
  EXPECT_EQ(swarm.tasks("s").size(), 2u);
  EXPECT_EQ(count_running("v2"), 1u);
}

TEST_F(Update, of_two_good_tasks_in_one_slot_one_goes) {
  start(1);
  api::Task twin = *swarm.task_at("s", 1);
  twin.set_id("twin");
  twin.mutable_status()->set_state(api::NEW);
  swarm.change([&](store::Transaction& tx) { tx.create(twin); });
  swarm.run(3s);
  ASSERT_EQ(swarm.running("s").size(), 1u);
  EXPECT_NE(swarm.running("s")[0]->id(), "twin") << "the one that ran already stays";
}

TEST_F(Update, a_task_lost_with_its_node_for_good_does_not_hold_up_the_others) {
  start(2);
  swarm.fate = [&](const api::Task& task) { return task.slot() == 1 ? Fate{.starts_after = 1h} : Fate{}; };
  swarm.update("s", [](api::ServiceSpec& spec) {
    spec.mutable_task()->mutable_restart()->set_condition(api::RestartPolicy::NONE);
    spec.mutable_task()->mutable_container()->set_image("v2");
  });
  swarm.run(3s);
  ASSERT_EQ(count_wanted("v1"), 1u);
  swarm.set_node_state(swarm.task_at("s", 1)->node_id(), api::NodeStatus::DOWN);
  swarm.run(20s);
  EXPECT_EQ(count_running("v2"), 1u);
  EXPECT_EQ(status().state(), api::UpdateStatus::COMPLETED);
}

TEST_F(Update, parallelism_bounds_what_is_busy) {
  start(6, [](auto& config) { config.set_parallelism(2); });
  swarm.after_tick = [&] { EXPECT_GE(swarm.running("s").size(), 4u); };
  set_image("v2");
  swarm.reconcile();
  EXPECT_EQ(count_wanted("v2"), 2u);
  swarm.run(20s);
  EXPECT_EQ(count_running("v2"), 6u);
}

TEST_F(Update, parallelism_zero_takes_all_at_once) {
  start(4);
  swarm.update("s", [](api::ServiceSpec& spec) {
    spec.mutable_update()->set_parallelism(0);
    spec.mutable_task()->mutable_container()->set_image("v2");
  });
  swarm.reconcile();
  EXPECT_EQ(count_wanted("v2"), 4u);
}

TEST_F(Update, the_delay_lies_between_a_running_task_and_the_next) {
  start(2, [](auto& config) { *config.mutable_delay() = model::to_wire(10s); });
  set_image("v2");
  swarm.run(2s);
  EXPECT_EQ(count_running("v2"), 1u);
  swarm.run(8s);
  EXPECT_EQ(count_wanted("v2"), 1u);
  swarm.run(2s);
  EXPECT_EQ(count_wanted("v2"), 2u);
  swarm.run(18s);
  EXPECT_EQ(status().state(), api::UpdateStatus::UPDATING);  // the delay makes the monitored period longer: 11 s
  swarm.run(5s);
  EXPECT_EQ(status().state(), api::UpdateStatus::COMPLETED);
}

TEST_F(Update, an_update_during_an_update_takes_over) {
  start(4);
  set_image("v2");
  swarm.run(1s);
  set_image("v3");
  swarm.after_tick = [&] { EXPECT_LE(swarm.running("s").size(), 4u); };
  swarm.run(30s);
  EXPECT_EQ(count_running("v3"), 4u);
  EXPECT_EQ(swarm.running("s").size(), 4u);
}

TEST_F(Update, scaling_alone_restarts_nothing) {
  start(2);
  auto before = swarm.running("s");
  swarm.update("s", [](api::ServiceSpec& spec) { spec.mutable_replicated()->set_replicas(3); });
  swarm.run(10s);
  EXPECT_EQ(swarm.tasks("s").size(), 3u);
  EXPECT_EQ(swarm.running("s")[0]->id(), before[0]->id());
  EXPECT_FALSE(swarm.service("s").has_update_status());
}

TEST_F(Update, force_replaces_tasks_of_the_same_spec) {
  start(2);
  auto before = swarm.running("s");
  swarm.update("s", [](api::ServiceSpec& spec) { spec.mutable_task()->set_force_update(1); });
  swarm.run(20s);
  ASSERT_EQ(swarm.running("s").size(), 2u);
  for (const auto& task : swarm.running("s")) {
    EXPECT_NE(task->id(), before[0]->id());
    EXPECT_NE(task->id(), before[1]->id());
    EXPECT_EQ(task->spec().force_update(), 1u);
  }
}

TEST_F(Update, another_manager_goes_on_where_the_first_one_ended) {
  start(4, [](auto& config) { *config.mutable_delay() = model::to_wire(3s); });
  set_image("v2");
  swarm.run(5s);
  SimulatedSwarm other(0, 7);
  other.tables = swarm.tables;
  other.now = swarm.now;
  other.create(replicated_service("unrelated", 0));
  other.change([](store::Transaction& tx) { tx.remove<api::Service>("unrelated"); });
  const size_t reached = count_wanted("v2");
  std::optional<WallTime> next;
  other.change([&](store::Transaction& tx) { next = reconcile_service(tx, "s", other.random); });
  EXPECT_TRUE(next.has_value());
  auto wanted = other.wanted("s");
  EXPECT_EQ(
      size_t(std::ranges::count_if(wanted, [](const auto& task) { return task->spec().container().image() == "v2"; })),
      reached);
}

}  // namespace
}  // namespace skein::control
