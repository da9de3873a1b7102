// A service's tasks must be balanced to only while they can answer: health checks and readiness.
#include "agent/tasks/task_runner_for_test.h"

namespace skein::agent {
namespace {

TEST_F(TaskRunnerTest, a_task_runs_and_serves_from_its_first_success_on) {
  add("t1");
  add_health_check("t1").set_retries(1000000);
  int code = 1;
  engine.on_exec = [&](const auto& command) {
    EXPECT_EQ(command, Lines{"/check"});
    return code;
  };
  tell();
  ASSERT_TRUE(run_until([&] { return engine.execs_started > 3; }));
  EXPECT_EQ(last("t1").state(), api::STARTING);
  EXPECT_EQ(count("serving"), 0);
  code = 0;
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  EXPECT_EQ(count("serving"), 1);
}

TEST_F(TaskRunnerTest, how_a_task_is_can_be_seen) {
  add("t1");
  add_health_check("t1").set_retries(1000000);
  std::vector<containers::Health> changes;
  health.listen([&](const std::string& id, containers::Health now) {
    EXPECT_EQ(id, engine.id());
    changes.push_back(now);
  });
  int code = 1;
  engine.on_exec = [&](const auto&) { return code; };
  tell();
  auto seen = [&] { return health.find(engine.id()); };
  ASSERT_TRUE(run_until([&] { return seen() && seen()->failing_streak() > 1; }));
  EXPECT_EQ(seen()->health(), containers::Health::kStarting);
  EXPECT_TRUE(changes.empty());
  code = 0;
  ASSERT_TRUE(run_until([&] { return seen()->health() == containers::Health::kHealthy; }));
  EXPECT_EQ(changes, (std::vector{containers::Health::kHealthy}));
}

TEST_F(TaskRunnerTest, an_unhealthy_task_is_stopped_and_has_failed) {
  add("t1");
  engine.health_of_images["busybox"] = {{"Test", {"CMD-SHELL", "check"}}, {"Interval", 1'000'000}, {"Retries", 2}};
  int code = 0;
  engine.on_exec = [&](const auto& command) {
    EXPECT_EQ(command, (Lines{"/bin/sh", "-c", "check"}));
    return code;
  };
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  engine.exit_code_of_stop = 137;
  code = 1;
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(told("t1").back(), "FAILED started (task: non-zero exit (137): dockerexec: unhealthy container)");
  EXPECT_LT(std::find(log.begin(), log.end(), "draining"), std::find(log.begin(), log.end(), "stop web.1.t1 10"));
}

// It failed, whatever its process makes of the stop signal: else it would not be restarted on failure.
TEST_F(TaskRunnerTest, an_unhealthy_task_that_exits_well_has_failed_all_the_same) {
  add("t1");
  add_health_check("t1");
  engine.on_exec = [](const auto&) { return 1; };
  tell();
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(told("t1").back(), "FAILED starting (dockerexec: unhealthy container)");
  EXPECT_EQ(count("serving"), 0);
}

TEST_F(TaskRunnerTest, a_check_that_hangs_has_failed_and_is_killed_and_not_started_again) {
  add("t1");
  *add_health_check("t1").mutable_timeout() = model::to_wire(1ms);
  engine.hangs_execs = true;
  tell();
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(engine.execs_started, 1);
  EXPECT_EQ(engine.killed_execs.size(), 1u);
}

TEST_F(TaskRunnerTest, readiness_takes_a_task_out_of_balancing_and_back_but_lets_it_live) {
  add("t1");
  add_label("t1", "skein.readiness", "test -f /ready");
  int code = 1;
  engine.on_exec = [&](const auto& command) {
    EXPECT_EQ(command, (Lines{"/bin/sh", "-c", "test -f /ready"}));
    return code;
  };
  auto serving = [&] { return networks.serving[engine.id()] == overlay::Serving::kServing; };
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  ASSERT_TRUE(run_until([&] { return engine.execs_started > 2; }));
  EXPECT_EQ(count("serving"), 0);
  code = 0;
  ASSERT_TRUE(run_until(serving));
  code = 1;
  ASSERT_TRUE(run_until([&] { return !serving(); }));
  code = 0;
  ASSERT_TRUE(run_until(serving));
  EXPECT_EQ(last("t1").state(), api::RUNNING);
  want("t1", api::SHUTDOWN);
  EXPECT_TRUE(reaches("t1", api::SHUTDOWN));
}

TEST_F(TaskRunnerTest, an_engine_that_is_away_makes_nobody_unhealthy) {
  add("t1");
  add_health_check("t1");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  engine.errors["create_exec"] = std::deque<Error>(9, make_error(Code::kUnavailable, "nobody listens"));
  ASSERT_TRUE(run_until([&] { return engine.errors["create_exec"].empty(); }));
  int before = engine.execs_started;
  ASSERT_TRUE(run_until([&] { return engine.execs_started > before + 2; }));
  EXPECT_EQ(last("t1").state(), api::RUNNING);
}

}  // namespace
}  // namespace skein::agent
