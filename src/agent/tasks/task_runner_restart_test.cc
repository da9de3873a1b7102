// A killed daemon must not cost a single task.
#include "agent/tasks/task_runner_for_test.h"

namespace skein::agent {
namespace {

TEST_F(TaskRunnerTest, a_running_task_does_not_notice_a_restart) {
  add("t1");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  restart();
  tell();
  settle();
  EXPECT_EQ(log, Lines{"serving"});
  EXPECT_TRUE(told("t1").empty());
  engine.exit(engine.id(), 2);
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(last("t1").err(), "task: non-zero exit (2)");
}

TEST_F(TaskRunnerTest, what_the_manager_has_not_heard_yet_is_told_after_a_restart) {
  add("t1");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  *tasks["t1"].mutable_status() = {};
  tasks["t1"].mutable_status()->set_state(api::ASSIGNED);
  restart();
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  EXPECT_EQ(last("t1").container().container_id(), engine.id());
  EXPECT_EQ(count("start web.1.t1"), 0);
}

TEST_F(TaskRunnerTest, a_task_that_ended_while_nobody_looked_is_told) {
  add("t1");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  auto was_attached = networks.attached;
  close_runner();
  engine.exit(engine.id(), 9);
  networks.attached = was_attached;
  make_runner();
  runner->start();
  settle();
  EXPECT_TRUE(networks.attached.empty());  // also without a manager
  tell();
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(last("t1").err(), "task: non-zero exit (9)");
}

// What the next daemon finds is whole: made with its files, or started on its networks.
TEST_F(TaskRunnerTest, a_container_is_made_and_started_to_the_end_though_the_runner_is_closed) {
  add("t1");
  for (const char* call : {"create", "start"}) {
    engine.held = {call};
    tell();
    ASSERT_TRUE(run_until([&] { return is_asked(call); }));
    bool is_closed = false;
    asio::co_spawn(loop, runner->close(), [&](const std::exception_ptr&) { is_closed = true; });
    settle();
    EXPECT_FALSE(is_closed) << call;
    engine.let_go(call);
    ASSERT_TRUE(run_until([&] { return is_closed; }));
    runner.reset();
    make_runner();
    runner->start();
  }
  EXPECT_EQ(engine.containers.begin()->second.status, "running");
  EXPECT_EQ(networks.attached.size(), 1u);
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  EXPECT_EQ(count("create web.1.t1"), 1);
  EXPECT_EQ(count("start web.1.t1"), 1);
}

TEST_F(TaskRunnerTest, a_runner_that_is_closed_waits_for_no_pull_and_no_stop) {
  engine.images.clear();
  engine.held = {"pull"};
  add("t1");
  tell();
  ASSERT_TRUE(run_until([&] { return is_asked("pull"); }));
  close_runner();
  make_runner();
  runner->start();
  engine.let_go("pull");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  engine.held = {"stop"};
  want("t1", api::SHUTDOWN);
  ASSERT_TRUE(run_until([&] { return is_asked("stop"); }));
  const auto before = last("t1").state();
  close_runner();
  EXPECT_EQ(last("t1").state(), before) << "nothing is told of what was not waited for";
  EXPECT_EQ(engine.containers.size(), 1u);
}

TEST_F(TaskRunnerTest, nothing_is_stopped_before_the_manager_has_told_the_whole_set) {
  add("t1", 1);
  add("t2", 2);
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING) && reaches("t2", api::RUNNING));
  restart();
  settle();
  EXPECT_TRUE(log.empty());
  tasks.erase("t1");
  tell();
  ASSERT_TRUE(run_until([&] { return engine.containers.size() == 1; }));
  EXPECT_EQ(count("serving"), 1);
  EXPECT_EQ(count("stop web.1.t1 10"), 1);
  EXPECT_EQ(count("stop web.2.t2 10"), 0);
  EXPECT_EQ(networks.namespaces.size(), 1u);
}

TEST_F(TaskRunnerTest, a_prepared_task_is_started_after_a_restart_without_a_second_container) {
  add("t1").set_desired_state(api::READY_);
  tell();
  ASSERT_TRUE(reaches("t1", api::READY_));
  restart();
  want("t1", api::RUNNING);
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  EXPECT_EQ(engine.containers.size(), 1u);
  EXPECT_EQ(count("create web.1.t1"), 0);
}

// The manager gave it up, and has another one elsewhere.
TEST_F(TaskRunnerTest, a_task_that_has_ended_for_the_manager_is_stopped) {
  add("t1");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  tasks["t1"].mutable_status()->set_state(api::ORPHANED);
  restart();
  tell();
  ASSERT_TRUE(run_until([&] { return engine.containers.begin()->second.status == "exited"; }));
  settle();
  EXPECT_TRUE(told("t1").empty());
}

}  // namespace
}  // namespace skein::agent
