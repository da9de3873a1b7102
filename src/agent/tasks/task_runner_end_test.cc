// A service's tasks must end without losing a request, and be told as what they were: done, failed or stopped.
#include "agent/tasks/task_runner_for_test.h"

namespace skein::agent {
namespace {

TEST_F(TaskRunnerTest, what_the_container_exits_with_decides_how_the_task_ended) {
  add("t1");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  engine.exit(engine.id(), 3);
  EXPECT_TRUE(networks.attached.empty());  // at once: nothing is sent to it any more
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(told("t1").back(), "FAILED started (task: non-zero exit (3))");
  EXPECT_EQ(last("t1").container().exit_code(), 3);
  EXPECT_EQ(last("t1").container().pid(), 0);
  engine.containers.clear();

  add("t2");
  tell();
  ASSERT_TRUE(reaches("t2", api::RUNNING));
  engine.exit(engine.id(), 0);
  ASSERT_TRUE(reaches("t2", api::COMPLETE_));
  EXPECT_EQ(told("t2").back(), "COMPLETE finished");
}

TEST_F(TaskRunnerTest, a_task_leaves_its_service_before_it_is_stopped) {
  *add("t1").mutable_spec()->mutable_container()->mutable_stop_grace_period() = model::to_wire(1500ms);
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  log.clear();
  networks.holds_drains = true;
  engine.exit_code_of_stop = 143;
  want("t1", api::SHUTDOWN);
  settle();
  EXPECT_EQ(log, Lines{"draining"});
  EXPECT_EQ(networks.last_limit, 5s);
  networks.let_drain();
  ASSERT_TRUE(reaches("t1", api::SHUTDOWN));
  EXPECT_EQ(log, (Lines{"draining", "stop web.1.t1 2", "detach"}));
  EXPECT_EQ(told("t1").back(), "SHUTDOWN shutdown");
  EXPECT_EQ(last("t1").container().exit_code(), 143);
  // For `docker service logs` and post-mortems the container stays until the manager forgets the task.
  EXPECT_EQ(engine.containers.size(), 1u);
  tasks.clear();
  tell();
  EXPECT_TRUE(run_until([&] { return leaves_nothing(); }));
  EXPECT_EQ(told("t1").size(), 6u);
}

TEST_F(TaskRunnerTest, a_crash_ends_the_draining) {
  add("t1");
  add_label("t1", "skein.drain-timeout", "1m30s");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  networks.holds_drains = true;
  want("t1", api::SHUTDOWN);
  settle();
  EXPECT_EQ(networks.last_limit, 90s);
  engine.exit(engine.id(), 1);
  ASSERT_TRUE(reaches("t1", api::SHUTDOWN));
  EXPECT_EQ(count("stop web.1.t1 10"), 0);
}

TEST_F(TaskRunnerTest, a_task_that_never_served_is_stopped_without_draining) {
  add("t1");
  add_health_check("t1");
  engine.on_exec = [](const auto&) { return 1; };
  tasks["t1"].mutable_spec()->mutable_container()->mutable_healthcheck()->set_retries(1000000);
  networks.holds_drains = true;
  tell();
  ASSERT_TRUE(run_until([&] { return engine.execs_started > 0; }));
  want("t1", api::SHUTDOWN);
  EXPECT_TRUE(reaches("t1", api::SHUTDOWN));
}

TEST_F(TaskRunnerTest, shutdown_does_not_wait_for_an_image) {
  add("t1").mutable_spec()->mutable_container()->set_image("huge");
  engine.held.insert("pull");
  tell();
  ASSERT_TRUE(reaches("t1", api::PREPARING));
  settle();
  want("t1", api::SHUTDOWN);
  ASSERT_TRUE(reaches("t1", api::SHUTDOWN));
  EXPECT_EQ(told("t1").back(), "SHUTDOWN shutdown");
  engine.let_go("pull");
  settle();
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(TaskRunnerTest, a_task_that_is_taken_away_while_it_comes_to_life_leaves_nothing) {
  for (const char* call : {"has_image", "create", "start", "health_check_of_image"}) {
    engine.held = {call};
    tasks.clear();
    add(std::string("t-") + call);
    tell();
    settle();
    tasks.clear();
    tell();
    settle();
    engine.let_go(call);
    EXPECT_TRUE(run_until([&] { return leaves_nothing(); })) << call;
  }
}

// A manager that was set back in time takes a task away, and knows it again when it has caught up.
TEST_F(TaskRunnerTest, a_task_that_comes_back_too_late_has_failed) {
  add("t1");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  engine.held = {"remove"};
  runner->take({}, self, dependencies);
  ASSERT_TRUE(run_until([&] { return count("remove web.1.t1 forced") == 1; }));
  tell();
  engine.let_go("remove");
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(last("t1").err(), "dockerexec: container destroyed");
}

TEST_F(TaskRunnerTest, a_container_that_a_user_removed_is_a_failure) {
  add("t1");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  engine.lose(engine.id());
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(last("t1").err(), "dockerexec: container destroyed");
  EXPECT_TRUE(leaves_nothing());
}

}  // namespace
}  // namespace skein::agent
