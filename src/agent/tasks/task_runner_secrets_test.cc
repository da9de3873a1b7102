// A task's container has its secrets when its first instruction runs, over restarts of the daemon too, and leaves
// none behind.
#include "agent/tasks/task_runner_for_test.h"
#include "engine/values/json_fields.h"
#include "io/file/file.h"

namespace skein::agent {
namespace {

struct TaskRunnerSecrets : TaskRunnerTest {
  void refer(const std::string& task, const std::string& id) {
    auto& reference = *tasks[task].mutable_spec()->mutable_container()->add_secrets();
    reference.set_secret_id(id);
    reference.mutable_file()->set_name(id);
    reference.mutable_file()->set_mode(0444);
  }
  void give(const std::string& id, const std::string& data) {
    auto next = std::make_shared<Dependencies>(*dependencies);
    next->secrets[id] = std::make_shared<const Content>(Content{data, ""});
    dependencies = next;
  }
  std::string file(const std::string& task) { return folder + "/secrets/" + task + "/0"; }
  std::string content(const std::string& task) {
    auto text = io::read_file(file(task));
    return text.ok() ? *text : "none";
  }
};

TEST_F(TaskRunnerSecrets, a_container_has_them_bound_and_they_go_with_it) {
  add("t1");
  refer("t1", "s1");
  give("s1", "sesame");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  const auto binds = engine::texts_of(engine.containers.begin()->second.spec["HostConfig"], "Binds");
  EXPECT_EQ(std::count(binds.begin(), binds.end(), file("t1") + ":/run/secrets/s1:ro"), 1);
  EXPECT_EQ(content("t1"), "sesame");
  tasks.clear();
  tell();
  EXPECT_TRUE(run_until([&] { return leaves_nothing(); }));
}

TEST_F(TaskRunnerSecrets, a_task_waits_for_what_it_refers_to) {
  add("t1");
  refer("t1", "s1");
  tell();
  ASSERT_TRUE(reaches("t1", api::STARTING));
  settle();
  EXPECT_EQ(content("t1"), "");
  give("s1", "sesame");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  EXPECT_EQ(content("t1"), "sesame");
}

TEST_F(TaskRunnerSecrets, what_never_comes_is_named) {
  add("t1");
  refer("t1", "s1");
  tell();
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(last("t1").err(), "starting container failed: unable to get secret from secret store: secret s1 not found");
  tasks.clear();
  tell();
  EXPECT_TRUE(run_until([&] { return leaves_nothing(); }));
}

TEST_F(TaskRunnerSecrets, a_container_that_could_not_be_made_leaves_nothing) {
  add("t1");
  refer("t1", "s1");
  give("s1", "sesame");
  engine.errors["create"].push_back(make_error(Code::kInvalidArgument, "no such option"));
  tell();
  ASSERT_TRUE(reaches("t1", api::REJECTED));
  EXPECT_TRUE(leaves_nothing()) << "though the task is assigned still";
}

TEST_F(TaskRunnerSecrets, a_new_daemon_keeps_those_of_containers_and_takes_away_the_rest) {
  add("t1");
  refer("t1", "s1");
  give("s1", "sesame");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  std::filesystem::create_directories(folder + "/secrets/gone");
  restart();
  EXPECT_TRUE(run_until([&] { return !std::filesystem::exists(folder + "/secrets/gone"); }));
  EXPECT_EQ(content("t1"), "sesame");
  tell();
  settle();
  EXPECT_EQ(content("t1"), "sesame");
  tasks.clear();
  tell();
  EXPECT_TRUE(run_until([&] { return leaves_nothing(); }));
}

}  // namespace
}  // namespace skein::agent
