#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "control/orchestrator/simulated_swarm_for_test.h"

namespace skein::control {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

api::Service replicated_job(uint64_t total, uint64_t concurrent) {
  api::Service out = replicated_service("j", 0);
  auto& job = *out.mutable_spec()->mutable_replicated_job();
  job.set_total_completions(total);
  job.set_max_concurrent(concurrent);
  auto& policy = *out.mutable_spec()->mutable_task()->mutable_restart();
  policy.set_condition(api::RestartPolicy::ON_FAILURE);
  *policy.mutable_delay() = model::to_wire(1s);
  return out;
}

api::Service global_job() {
  api::Service out = replicated_job(0, 0);
  out.mutable_spec()->mutable_global_job();
  return out;
}

size_t completed(const SimulatedSwarm& swarm) {
  auto tasks = swarm.tasks("j");
  return size_t(std::ranges::count_if(tasks, [](const auto& t) { return t->status().state() == api::COMPLETE_; }));
}

Fate one_second(const api::Task&) { return {.runs_for = 1s, .succeeds = true}; }

TEST(ReplicatedJob, runs_so_many_at_a_time_until_all_are_done) {
  SimulatedSwarm swarm;
  swarm.fate = one_second;
  swarm.create(replicated_job(5, 2));
  swarm.after_tick = [&] { EXPECT_LE(swarm.running("j").size(), 2u); };
  swarm.run(30s);
  EXPECT_EQ(completed(swarm), 5u);
  std::vector<uint64_t> slots;
  for (const auto& task : swarm.tasks("j")) {
    slots.push_back(task->slot());
    EXPECT_EQ(task->desired_state(), api::COMPLETE_);
  }
  std::ranges::sort(slots);
  EXPECT_THAT(slots, ElementsAre(0, 1, 2, 3, 4));
}

TEST(ReplicatedJob, without_a_limit_all_run_at_once) {
  SimulatedSwarm swarm;
  swarm.create(replicated_job(4, 0));
  swarm.run(2s);
  EXPECT_EQ(swarm.running("j").size(), 4u);
}

TEST(ReplicatedJob, a_failed_run_is_tried_again) {
  SimulatedSwarm swarm;
  int failures = 2;
  std::map<std::string, Fate> fates;
  swarm.fate = [&](const api::Task& task) {
    auto [found, is_new] = fates.try_emplace(task.id(), Fate{.runs_for = 1s, .succeeds = failures <= 0});
    if (is_new) --failures;
    return found->second;
  };
  swarm.create(replicated_job(3, 1));
  swarm.run(30s);
  EXPECT_EQ(completed(swarm), 3u);
  EXPECT_EQ(swarm.tasks("j").size(), 5u);
}

// A slot that failed for good must not be tried for ever, nor stop the others.
TEST(ReplicatedJob, a_run_out_of_attempts_is_given_up) {
  SimulatedSwarm swarm;
  swarm.fate = [](const api::Task& task) { return Fate{.runs_for = 1s, .succeeds = task.slot() != 1}; };
  api::Service job = replicated_job(3, 1);
  job.mutable_spec()->mutable_task()->mutable_restart()->set_max_attempts(2);
  swarm.create(job);
  swarm.run(60s);
  EXPECT_EQ(completed(swarm), 2u);
  EXPECT_EQ(swarm.tasks("j").size(), 5u);
  EXPECT_EQ(swarm.running("j").size(), 0u);
}

TEST(ReplicatedJob, an_update_runs_it_again_and_removes_the_earlier_tasks) {
  SimulatedSwarm swarm;
  swarm.fate = one_second;
  swarm.create(replicated_job(2, 2));
  swarm.run(10s);
  swarm.fate = [](const api::Task&) { return Fate{}; };
  swarm.update("j", [](api::ServiceSpec& spec) { spec.mutable_task()->set_force_update(1); });
  swarm.run(2s);
  EXPECT_EQ(completed(swarm), 0u);
  EXPECT_EQ(swarm.running("j").size(), 2u);
  for (const auto& task : swarm.tasks("j")) EXPECT_EQ(task->job_iteration().index(), 1u);
}

TEST(ReplicatedJob, a_run_on_a_lost_node_is_repeated_elsewhere) {
  SimulatedSwarm swarm(2);
  swarm.create(replicated_job(1, 1));
  swarm.run(2s);
  const std::string node = swarm.running("j")[0]->node_id();
  swarm.set_node_state(node, api::NodeStatus::DOWN);
  swarm.run(4s);
  ASSERT_EQ(swarm.wanted("j").size(), 1u);
  EXPECT_NE(swarm.wanted("j")[0]->node_id(), node);
  EXPECT_EQ(swarm.wanted("j")[0]->status().state(), api::RUNNING);
}

// What is done is done, wherever it was.
TEST(ReplicatedJob, a_completed_run_is_not_repeated_when_its_node_goes) {
  SimulatedSwarm swarm(2);
  swarm.fate = one_second;
  swarm.create(replicated_job(2, 2));
  swarm.run(10s);
  swarm.set_node_state("n1", api::NodeStatus::DOWN);
  swarm.remove_node("n2");
  swarm.run(10s);
  EXPECT_EQ(swarm.tasks("j").size(), 2u);
}

TEST(GlobalJob, runs_once_on_every_node) {
  SimulatedSwarm swarm(3);
  swarm.fate = one_second;
  swarm.set_availability("n3", api::AVAILABILITY_PAUSE);
  swarm.create(global_job());
  swarm.run(10s);
  EXPECT_EQ(completed(swarm), 2u);
  swarm.set_availability("n3", api::ACTIVE);
  swarm.run(10s);
  EXPECT_EQ(completed(swarm), 3u);
  EXPECT_EQ(swarm.tasks("j").size(), 3u);
}

TEST(GlobalJob, a_drained_node_gives_up_and_repeats_it_later) {
  SimulatedSwarm swarm(1);
  swarm.create(global_job());
  swarm.run(2s);
  swarm.set_availability("n1", api::DRAIN);
  swarm.run(2s);
  EXPECT_EQ(swarm.wanted("j").size(), 0u);
  EXPECT_EQ(swarm.running("j").size(), 0u);
  swarm.fate = one_second;
  swarm.set_availability("n1", api::ACTIVE);
  swarm.run(5s);
  EXPECT_EQ(completed(swarm), 1u);
}

}  // namespace
}  // namespace skein::control
