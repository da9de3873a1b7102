// The order in which a task comes to life and ends is what `docker service ps` shows, and what updates wait for.
#include "agent/container/task_step.h"

#include <gtest/gtest.h>

namespace skein::agent {
namespace {

namespace api = model::api;

TaskStep step(api::TaskState state, api::TaskState desired, TaskLife life,
              containers::Health health = containers::Health::kUnchecked) {
  TaskSight sight;
  sight.state = state;
  sight.desired = desired;
  sight.life = life;
  sight.health = health;
  sight.is_watched = true;
  return next_step(sight);
}

TEST(TaskStep, a_task_comes_to_life_step_by_step) {
  EXPECT_EQ(step(api::ASSIGNED, api::RUNNING, TaskLife::kAbsent), TaskStep::kAccept);
  EXPECT_EQ(step(api::ACCEPTED_, api::RUNNING, TaskLife::kAbsent), TaskStep::kBeginPreparing);
  EXPECT_EQ(step(api::PREPARING, api::RUNNING, TaskLife::kAbsent), TaskStep::kPrepare);
  EXPECT_EQ(step(api::READY_, api::RUNNING, TaskLife::kCreated), TaskStep::kBeginStarting);
  EXPECT_EQ(step(api::STARTING, api::RUNNING, TaskLife::kCreated), TaskStep::kStart);
  EXPECT_EQ(step(api::STARTING, api::RUNNING, TaskLife::kRunning), TaskStep::kRun);
  EXPECT_EQ(step(api::RUNNING, api::RUNNING, TaskLife::kRunning), TaskStep::kWait);
}

// start-first updates and restart delays hold a prepared task back.
TEST(TaskStep, a_task_that_shall_be_ready_is_prepared_but_not_started) {
  EXPECT_EQ(step(api::ASSIGNED, api::READY_, TaskLife::kAbsent), TaskStep::kAccept);
  EXPECT_EQ(step(api::PREPARING, api::READY_, TaskLife::kAbsent), TaskStep::kPrepare);
  EXPECT_EQ(step(api::READY_, api::READY_, TaskLife::kCreated), TaskStep::kWait);
}

TEST(TaskStep, a_job_runs_until_it_has_ended) {
  EXPECT_EQ(step(api::RUNNING, api::COMPLETE_, TaskLife::kRunning), TaskStep::kWait);
  EXPECT_EQ(step(api::RUNNING, api::COMPLETE_, TaskLife::kEnded), TaskStep::kEnd);
}

TEST(TaskStep, a_healthcheck_decides_when_it_runs_and_when_it_fails) {
  EXPECT_EQ(step(api::STARTING, api::RUNNING, TaskLife::kRunning, containers::Health::kStarting), TaskStep::kWait);
  EXPECT_EQ(step(api::STARTING, api::RUNNING, TaskLife::kRunning, containers::Health::kHealthy), TaskStep::kRun);
  EXPECT_EQ(step(api::STARTING, api::RUNNING, TaskLife::kRunning, containers::Health::kUnhealthy),
            TaskStep::kStopUnhealthy);
  EXPECT_EQ(step(api::RUNNING, api::RUNNING, TaskLife::kRunning, containers::Health::kUnhealthy),
            TaskStep::kStopUnhealthy);
  EXPECT_EQ(step(api::RUNNING, api::RUNNING, TaskLife::kEnded, containers::Health::kUnhealthy), TaskStep::kEnd);
}

// After its start, or after a restart of the daemon.
TEST(TaskStep, a_container_that_runs_is_looked_after_before_anything_else) {
  for (auto state : {api::STARTING, api::RUNNING}) {
    TaskSight sight;
    sight.state = state;
    sight.life = TaskLife::kRunning;
    EXPECT_EQ(next_step(sight), TaskStep::kWatch);
    sight.desired = api::SHUTDOWN;
    EXPECT_EQ(next_step(sight), TaskStep::kShutDown);
    sight.life = TaskLife::kEnded;
    sight.desired = api::RUNNING;
    EXPECT_EQ(next_step(sight), TaskStep::kEnd);
  }
}

TEST(TaskStep, the_end_of_the_container_is_the_end_of_the_task) {
  for (auto state : {api::STARTING, api::RUNNING}) {
    EXPECT_EQ(step(state, api::RUNNING, TaskLife::kEnded), TaskStep::kEnd);
    EXPECT_EQ(step(state, api::RUNNING, TaskLife::kAbsent), TaskStep::kLose);
  }
}

TEST(TaskStep, shutdown_is_obeyed_in_every_state_and_only_once) {
  for (auto state : {api::ASSIGNED, api::ACCEPTED_, api::PREPARING, api::READY_, api::STARTING, api::RUNNING})
    for (auto desired : {api::SHUTDOWN, api::REMOVE_})
      for (auto life : {TaskLife::kAbsent, TaskLife::kCreated, TaskLife::kRunning, TaskLife::kEnded})
        EXPECT_EQ(step(state, desired, life), TaskStep::kShutDown) << state;
  for (auto state : {api::COMPLETE_, api::SHUTDOWN, api::FAILED_, api::REJECTED})
    EXPECT_EQ(step(state, api::REMOVE_, TaskLife::kEnded), TaskStep::kWait);
}

// The manager has replaced it while we were away.
TEST(TaskStep, a_task_that_has_ended_does_not_run_on) {
  for (auto state : {api::COMPLETE_, api::FAILED_, api::REJECTED, api::ORPHANED})
    EXPECT_EQ(step(state, api::RUNNING, TaskLife::kRunning), TaskStep::kStop);
}

TEST(TaskStep, a_task_that_is_not_assigned_any_more_is_removed_whatever_it_was) {
  for (auto state : {api::ASSIGNED, api::RUNNING, api::FAILED_, api::SHUTDOWN}) {
    TaskSight sight;
    sight.state = state;
    sight.is_assigned = false;
    EXPECT_EQ(next_step(sight), TaskStep::kRemove);
  }
}

TEST(TaskStep, nothing_is_tried_again_before_its_time) {
  TaskSight sight;
  sight.state = api::PREPARING;
  sight.retry_at = {100};
  sight.now = {99};
  EXPECT_EQ(next_step(sight), TaskStep::kWait);
  sight.now = {100};
  EXPECT_EQ(next_step(sight), TaskStep::kPrepare);
}

TEST(TaskStep, what_is_found_after_a_restart_is_no_step_back) {
  EXPECT_EQ(resumed_state(api::ASSIGNED, TaskLife::kRunning), api::STARTING);
  EXPECT_EQ(resumed_state(api::RUNNING, TaskLife::kRunning), api::RUNNING);
  EXPECT_EQ(resumed_state(api::PREPARING, TaskLife::kCreated), api::READY_);
  EXPECT_EQ(resumed_state(api::PREPARING, TaskLife::kAbsent), api::PREPARING);
  EXPECT_EQ(resumed_state(api::ACCEPTED_, TaskLife::kEnded), api::STARTING);
  EXPECT_EQ(resumed_state(api::FAILED_, TaskLife::kEnded), api::FAILED_);
}

TEST(TaskStep, errors_are_in_dockers_words) {
  EXPECT_EQ(failed_state(api::READY_), api::REJECTED);
  EXPECT_EQ(failed_state(api::STARTING), api::FAILED_);
  EXPECT_EQ(exit_error(1, ""), "task: non-zero exit (1)");
  EXPECT_EQ(exit_error(137, "dockerexec: unhealthy container"),
            "task: non-zero exit (137): dockerexec: unhealthy container");
  EXPECT_EQ(exit_error(0, ""), "");
  EXPECT_EQ(exit_error(0, "dockerexec: unhealthy container"), "dockerexec: unhealthy container");
}

}  // namespace
}  // namespace skein::agent
