#include "control/orchestrator/pass/restart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/orchestrator/simulated_swarm_for_test.h"

namespace skein::control {
namespace {

using namespace std::chrono_literals;

struct Restart : testing::Test {
  SimulatedSwarm swarm{3};

  api::Service service_with(api::RestartPolicy::C condition, Duration delay = 5s, uint64_t max_attempts = 0,
                            Duration window = 0s) {
    api::Service out = replicated_service("s", 1);
    auto& policy = *out.mutable_spec()->mutable_task()->mutable_restart();
    policy.set_condition(condition);
    *policy.mutable_delay() = model::to_wire(delay);
    policy.set_max_attempts(max_attempts);
    *policy.mutable_window() = model::to_wire(window);
    return out;
  }
  store::Ref<api::Task> start(const api::Service& service) {
    swarm.create(service);
    swarm.run(2s);
    return swarm.task_at("s", 1);
  }
};

TEST_F(Restart, an_ended_task_is_replaced_after_five_seconds) {
  auto old = start(replicated_service("s", 1));
  swarm.report(old->id(), api::FAILED_);
  swarm.reconcile();
  EXPECT_EQ(swarm.tables.get<api::Task>(old->id())->desired_state(), api::SHUTDOWN);
  auto next = swarm.task_at("s", 1);
  ASSERT_NE(next->id(), old->id());
  EXPECT_EQ(next->desired_state(), api::READY_);
  swarm.run(4900ms);
  EXPECT_EQ(swarm.task_at("s", 1)->desired_state(), api::READY_);
  swarm.run(200ms);
  EXPECT_EQ(swarm.task_at("s", 1)->id(), next->id());
  EXPECT_EQ(swarm.task_at("s", 1)->desired_state(), api::RUNNING);
}

TEST_F(Restart, a_delay_of_zero_starts_at_once) {
  auto old = start(service_with(api::RestartPolicy::ANY, 0s));
  swarm.report(old->id(), api::COMPLETE_);
  swarm.reconcile();
  EXPECT_EQ(swarm.task_at("s", 1)->desired_state(), api::RUNNING);
}

TEST_F(Restart, condition_none_leaves_the_ended_task_alone) {
  auto old = start(service_with(api::RestartPolicy::NONE));
  swarm.report(old->id(), api::FAILED_);
  swarm.run(20s);
  EXPECT_EQ(swarm.tasks("s").size(), 1u);
  EXPECT_EQ(swarm.tasks("s")[0]->desired_state(), api::SHUTDOWN);
}

TEST_F(Restart, on_failure_tells_success_from_failure) {
  auto first = start(service_with(api::RestartPolicy::ON_FAILURE, 1s));
  swarm.report(first->id(), api::FAILED_);
  swarm.run(3s);
  ASSERT_EQ(swarm.running("s").size(), 1u);
  swarm.report(swarm.task_at("s", 1)->id(), api::COMPLETE_);
  swarm.run(20s);
  EXPECT_EQ(swarm.wanted("s").size(), 0u);
  EXPECT_EQ(swarm.tasks("s").size(), 2u);
}

// An image that does not exist must not make the manager spin: a replacement that is refused while it waits for its
// delay keeps waiting.
TEST_F(Restart, a_task_rejected_during_its_delay_waits_it_out) {
  swarm.fate = [](const api::Task&) { return Fate{.is_rejected = true}; };
  swarm.reaps = false;
  swarm.create(service_with(api::RestartPolicy::ANY, 5s));
  swarm.run(31s);
  EXPECT_GE(swarm.tasks("s").size(), 6u);
  EXPECT_LE(swarm.tasks("s").size(), 8u);
}

TEST_F(Restart, attempts_are_limited_per_slot) {
  swarm.fate = [](const api::Task& task) { return task.slot() == 1 ? Fate{.runs_for = 1s} : Fate{}; };
  api::Service service = service_with(api::RestartPolicy::ANY, 1s, 3);
  service.mutable_spec()->mutable_replicated()->set_replicas(2);
  swarm.create(service);
  swarm.run(60s);
  EXPECT_EQ(swarm.tasks("s").size(), 5u);  // the first one and three restarts; slot 2 is not touched
  EXPECT_EQ(swarm.running("s").size(), 1u);
}

TEST_F(Restart, a_new_spec_gets_new_attempts) {
  swarm.fate = [](const api::Task&) { return Fate{.runs_for = 1s}; };
  api::Service service = service_with(api::RestartPolicy::ANY, 1s, 2);
  service.mutable_spec()->mutable_update()->set_failure_action(api::UpdateConfig::CONTINUE);
  start(service);
  swarm.run(30s);
  EXPECT_EQ(swarm.wanted("s").size(), 0u);
  swarm.fate = [](const api::Task&) { return Fate{}; };
  swarm.update("s", [](api::ServiceSpec& spec) { spec.mutable_task()->mutable_container()->set_image("v2"); });
  swarm.run(5s);
  ASSERT_EQ(swarm.running("s").size(), 1u);
  swarm.report(swarm.task_at("s", 1)->id(), api::FAILED_);
  swarm.run(5s);
  EXPECT_EQ(swarm.running("s").size(), 1u);
}

// Rare failures of a long-lived service must not add up to its end.
TEST_F(Restart, restarts_before_the_window_do_not_count) {
  start(service_with(api::RestartPolicy::ANY, 1s, 2, 30s));
  for (int i = 0; i < 6; ++i) {
    swarm.run(20s);
    ASSERT_NE(swarm.task_at("s", 1), nullptr) << i;
    swarm.report(swarm.task_at("s", 1)->id(), api::FAILED_);
  }
  swarm.run(20s);
  ASSERT_EQ(swarm.running("s").size(), 1u);
  for (int i = 0; i < 3; ++i) {
    if (auto task = swarm.task_at("s", 1)) swarm.report(task->id(), api::FAILED_);
    swarm.run(2s);
  }
  EXPECT_EQ(swarm.wanted("s").size(), 0u);
}

TEST_F(Restart, a_drained_node_is_left_without_delay_but_not_before_the_task_stopped) {
  swarm.fate = [](const api::Task&) { return Fate{.stops_after = 10s}; };
  auto old = start(replicated_service("s", 1));
  swarm.set_availability(old->node_id(), api::DRAIN);
  swarm.run(9s);
  EXPECT_EQ(swarm.task_at("s", 1)->desired_state(), api::READY_);
  swarm.run(3s);
  ASSERT_EQ(swarm.running("s").size(), 1u);
  EXPECT_NE(swarm.running("s")[0]->node_id(), old->node_id());
}

TEST_F(Restart, a_task_that_does_not_stop_is_waited_for_a_minute) {
  swarm.fate = [](const api::Task&) { return Fate{.stops_after = 1h}; };
  auto old = start(replicated_service("s", 1));
  swarm.set_availability(old->node_id(), api::DRAIN);
  swarm.run(59s);
  EXPECT_EQ(swarm.task_at("s", 1)->desired_state(), api::READY_);
  swarm.run(2s);
  EXPECT_EQ(swarm.task_at("s", 1)->desired_state(), api::RUNNING);
}

TEST_F(Restart, a_node_that_is_down_is_not_waited_for) {
  auto old = start(replicated_service("s", 1));
  swarm.set_node_state(old->node_id(), api::NodeStatus::DOWN);
  swarm.run(4s);
  EXPECT_EQ(swarm.task_at("s", 1)->desired_state(), api::READY_);  // the restart delay applies
  swarm.run(2s);
  ASSERT_NE(swarm.task_at("s", 1)->node_id(), old->node_id());
  EXPECT_EQ(swarm.task_at("s", 1)->status().state(), api::RUNNING);
  swarm.set_node_state(old->node_id(), api::NodeStatus::READY);
  swarm.run(2s);
  EXPECT_EQ(swarm.running("s").size(), 1u);  // the old one is stopped on its return
}

TEST_F(Restart, a_removed_node_leaves_no_gap) {
  auto old = start(replicated_service("s", 1));
  swarm.remove_node(old->node_id());
  swarm.run(8s);
  EXPECT_EQ(swarm.task_at("s", 1)->status().state(), api::RUNNING);
}

TEST_F(Restart, a_paused_node_keeps_what_it_runs) {
  auto old = start(replicated_service("s", 1));
  swarm.set_availability(old->node_id(), api::AVAILABILITY_PAUSE);
  swarm.run(20s);
  EXPECT_EQ(swarm.tasks("s").size(), 1u);
  EXPECT_EQ(swarm.running("s").size(), 1u);
}

}  // namespace
}  // namespace skein::control
