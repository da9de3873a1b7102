// A service's tasks must come up, be balanced to only while they can answer, and end without losing a request; a killed
// daemon must not cost a single one of them.
#include "agent/task_runner.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "agent/container_files.h"
#include "agent/fake_task_networks_for_test.h"
#include "engine/fake_engine_for_test.h"

namespace skein::agent {
namespace {

namespace api = model::api;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

struct TaskRunnerTest : ::testing::Test {
  asio::io_context loop;
  Lines log;
  engine::FakeEngine engine{loop.get_executor(), log};
  FakeTaskNetworks networks{loop.get_executor(), log};
  SeededRandom random{1};
  std::string folder = testing::TempDir() + "skein-tasks-XXXXXX";
  std::map<std::string, api::Task> tasks;
  api::Node self;
  std::map<std::string, std::vector<api::TaskStatus>> reports;
  std::unique_ptr<TaskRunner> runner;

  TaskRunnerTest() {
    SKEIN_ASSERT(::mkdtemp(folder.data()) != nullptr);
    self.set_id("node1");
    self.mutable_description()->set_hostname("host-1");
    engine.images.insert("busybox");
    engine::Observer observer;
    observer.on_container_exit = [this](const auto& exit) {
      if (runner) runner->container_exited(exit);
    };
    observer.on_container_removed = [this](const auto& id) {
      if (runner) runner->container_removed(id);
    };
    engine.observe(observer);
    make_runner();
    runner->start();
  }
  ~TaskRunnerTest() override { std::filesystem::remove_all(folder); }

  void make_runner() {
    TaskRunnerHooks hooks;
    hooks.report = [this](const std::string& id, const api::TaskStatus& status) {
      reports[id].push_back(status);
      if (tasks.contains(id)) *tasks[id].mutable_status() = status;  // as the manager stores it
    };
    TaskRunnerOptions options;
    options.files_folder = folder;
    options.retry_pause = options.readiness_interval = 1ms;
    options.readiness_timeout = 1ms;
    runner = std::make_unique<TaskRunner>(loop, engine, networks, system_clock(), random, hooks, options);
  }
  // kill -9 of the daemon, and the next one.
  void restart() {
    runner.reset();
    settle();
    log.clear();
    reports.clear();
    make_runner();
    runner->start();
  }

  api::Task& add(const std::string& id, uint64_t slot = 1) {
    api::Task& task = tasks[id];
    task.set_id(id);
    task.set_slot(slot);
    task.set_node_id("node1");
    task.set_service_id("service1");
    task.mutable_service_annotations()->set_name("web");
    task.mutable_spec()->mutable_container()->set_image("busybox");
    task.mutable_status()->set_state(api::ASSIGNED);
    task.set_desired_state(api::RUNNING);
    auto& attachment = *task.add_networks();
    attachment.mutable_network()->set_id("net1");
    attachment.mutable_network()->mutable_spec()->mutable_annotations()->set_name("appnet");
    attachment.add_addresses("10.0.5." + std::to_string(10 + slot) + "/24");
    return task;
  }
  api::HealthConfig& add_health_check(const std::string& id) {
    auto& check = *tasks[id].mutable_spec()->mutable_container()->mutable_healthcheck();
    check.add_test("CMD");
    check.add_test("/check");
    *check.mutable_interval() = model::to_wire(1ms);
    check.set_retries(2);
    return check;
  }
  void add_label(const std::string& id, const std::string& name, const std::string& value) {
    (*tasks[id].mutable_service_annotations()->mutable_labels())[name] = value;
  }
  void tell() { runner->take(tasks, self); }
  void want(const std::string& id, api::TaskState desired) {
    tasks[id].set_desired_state(desired);
    tell();
  }

  bool run_until(const std::function<bool()>& condition) {
    auto give_up = std::chrono::steady_clock::now() + 60s;
    loop.restart();
    while (!condition() && std::chrono::steady_clock::now() < give_up) loop.run_one_for(100ms);
    return condition();
  }
  // Until nothing is ready to run.
  void settle() {
    loop.restart();
    while (loop.poll() > 0) loop.restart();
  }
  const api::TaskStatus& last(const std::string& id) {
    static const api::TaskStatus kNone;
    return reports[id].empty() ? kNone : reports[id].back();
  }
  bool reaches(const std::string& id, api::TaskState state) {
    return run_until([&] { return last(id).state() == state; });
  }
  // Some have a mark in the wire's names, as others of the package are called so.
  static std::string state_name(api::TaskState state) {
    std::string name = api::TaskState_Name(state);
    return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
  }
  // What was reported: "ACCEPTED accepted", and errors.
  Lines told(const std::string& id) {
    Lines out;
    for (const auto& status : reports[id])
      out.push_back(state_name(status.state()) + " " + status.message() +
                    (status.err().empty() ? "" : " (" + status.err() + ")"));
    return out;
  }
  int count(const std::string& line) { return static_cast<int>(std::count(log.begin(), log.end(), line)); }
  bool leaves_nothing() {
    return engine.containers.empty() && networks.namespaces.empty() && std::filesystem::is_empty(folder);
  }
};

// ---- to life

TEST_F(TaskRunnerTest, a_task_comes_to_life_in_dockers_steps) {
  add("t1");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  EXPECT_EQ(told("t1"), (Lines{"ACCEPTED accepted", "PREPARING preparing", "READY prepared", "STARTING starting",
                               "RUNNING started"}));
  EXPECT_EQ(log, (Lines{"create web.1.t1", "attach", "start web.1.t1", "serving"}));
  EXPECT_EQ(last("t1").container().container_id(), engine.id());
  EXPECT_EQ(last("t1").container().pid(), 4711);
  EXPECT_EQ(reports["t1"][3].container().container_id(), engine.id());
  EXPECT_TRUE(last("t1").has_timestamp());
}

TEST_F(TaskRunnerTest, the_container_is_connected_as_the_manager_said) {
  auto& task = add("t1");
  task.mutable_networks(0)->add_aliases("www");
  auto& virtual_ip = *task.mutable_endpoint()->add_virtual_ips();
  virtual_ip.set_network_id("net1");
  virtual_ip.set_addr("10.0.5.2/24");
  task.mutable_spec()->mutable_container()->set_hostname("{{.Node.Hostname}}-{{.Task.Slot}}");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  const auto& request = networks.attached.at(engine.id());
  EXPECT_EQ(request.container_name, "web.1.t1");
  EXPECT_EQ(request.hostname, "host-1-1");
  ASSERT_EQ(request.endpoints.size(), 1u);
  const auto& endpoint = request.endpoints[0];
  EXPECT_EQ(endpoint.network, "net1");
  EXPECT_TRUE(endpoint.aliases.empty());  // else the service's name would lead past its virtual address
  EXPECT_EQ(endpoint.given->address.text(), "10.0.5.11");
  EXPECT_EQ(endpoint.given->service->virtual_ip->text(), "10.0.5.2");
  EXPECT_EQ(endpoint.given->service->aliases, Lines{"www"});
  // The container finds itself by its hostname.
  auto record = engine::NetworkingRecord::from_labels(engine.containers.begin()->second.spec.at("Labels"));
  ASSERT_TRUE(record);
  EXPECT_EQ(*networks.namespaces.begin(), "/netns/" + record->key);
  EXPECT_EQ(engine.containers.begin()->second.spec.at("HostConfig").at("NetworkMode"), "ns:/netns/" + record->key);
  EXPECT_EQ(read_container_state(folder + "/" + record->key)->id, engine.id());
}

TEST_F(TaskRunnerTest, a_task_that_shall_be_ready_waits_for_its_turn) {
  add("t1").set_desired_state(api::READY_);
  tell();
  ASSERT_TRUE(reaches("t1", api::READY_));
  settle();
  EXPECT_EQ(last("t1").state(), api::READY_);
  EXPECT_EQ(log, Lines{"create web.1.t1"});
  want("t1", api::RUNNING);
  EXPECT_TRUE(reaches("t1", api::RUNNING));
}

TEST_F(TaskRunnerTest, an_image_is_pulled_once_and_only_if_it_is_missing) {
  add("t1", 1).mutable_spec()->mutable_container()->set_image("new");
  add("t2", 2).mutable_spec()->mutable_container()->set_image("new");
  add("t3", 3);
  for (auto* task : {&tasks["t1"], &tasks["t2"]})
    task->mutable_spec()->mutable_container()->mutable_pull_options()->set_registry_auth("secret");
  tell();
  EXPECT_TRUE(reaches("t1", api::RUNNING) && reaches("t2", api::RUNNING) && reaches("t3", api::RUNNING));
  EXPECT_EQ(count("pull new with secret"), 1);
  EXPECT_EQ(std::count_if(log.begin(), log.end(), [](auto& line) { return line.starts_with("pull"); }), 1);
}

TEST_F(TaskRunnerTest, a_task_whose_image_is_nowhere_is_rejected) {
  add("t1").mutable_spec()->mutable_container()->set_image("nosuch");
  engine.errors["pull"] = {make_error(Code::kNotFound, "manifest unknown")};
  tell();
  ASSERT_TRUE(reaches("t1", api::REJECTED));
  EXPECT_EQ(told("t1").back(), "REJECTED preparing (No such image: nosuch:latest)");
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(TaskRunnerTest, a_task_that_cannot_be_made_is_rejected_with_the_reason) {
  add("t1").mutable_spec()->mutable_container()->add_env("A={{.Nope}}");
  add("t2", 2);
  engine.errors["create"] = {make_error(Code::kInvalidArgument, "No command specified")};
  tell();
  ASSERT_TRUE(reaches("t1", api::REJECTED) && reaches("t2", api::REJECTED));
  EXPECT_TRUE(last("t1").err().starts_with("expanding env failed: template: ")) << last("t1").err();
  EXPECT_EQ(last("t2").err(), "No command specified");
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(TaskRunnerTest, a_task_that_cannot_be_connected_fails_before_its_first_instruction) {
  add("t1");
  networks.attach_error = make_error(Code::kUnavailable, "no device");
  tell();
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(last("t1").err(), "starting container failed: no device");
  EXPECT_EQ(count("start web.1.t1"), 0);
}

TEST_F(TaskRunnerTest, a_task_that_cannot_be_started_fails_and_is_disconnected) {
  add("t1");
  engine.errors["start"] = {make_error(Code::kInvalidArgument, "exec: \"nosuch\": executable file not found in $PATH")};
  tell();
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(told("t1").back(),
            "FAILED starting (starting container failed: exec: \"nosuch\": executable file not found in $PATH)");
  EXPECT_TRUE(networks.attached.empty());
  EXPECT_EQ(count("serving"), 0);
}

TEST_F(TaskRunnerTest, an_engine_that_comes_back_costs_no_task) {
  const Error away = make_error(Code::kUnavailable, "nobody listens");
  for (const char* call : {"list", "has_image", "create", "inspect", "start", "call"})
    engine.errors[call] = {away, away};
  add("t1");
  restart();
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  EXPECT_EQ(told("t1").size(), 5u);
  want("t1", api::SHUTDOWN);
  for (const char* call : {"stop", "remove"})
    engine.errors[call] = {away, make_error(Code::kUnknown, "storage is busy")};
  ASSERT_TRUE(reaches("t1", api::SHUTDOWN));
  tasks.clear();
  tell();
  EXPECT_TRUE(run_until([&] { return leaves_nothing(); }));
}

// The answer was lost with the connection.
TEST_F(TaskRunnerTest, a_container_that_was_made_after_all_is_taken_over) {
  add("t1");
  settle();
  engine.containers["abc"] = {"web.1.t1", {{"Labels", {{"com.docker.swarm.task.id", "t1"}}}}};
  tell();
  ASSERT_TRUE(reaches("t1", api::STARTING));
  EXPECT_EQ(last("t1").container().container_id(), "abc");
  add("t2", 2);
  engine.containers["def"] = {"web.2.t2", {{"Labels", {{"com.docker.swarm.task.id", "other"}}}}};
  tell();
  ASSERT_TRUE(reaches("t2", api::REJECTED));
  EXPECT_TRUE(last("t2").err().starts_with("Conflict."));
}

TEST_F(TaskRunnerTest, not_all_start_at_once) {
  engine.held.insert("start");
  for (int i = 1; i <= 9; ++i) add("t" + std::to_string(i), static_cast<uint64_t>(i));
  tell();
  settle();
  auto starts = [&] {
    return std::count_if(log.begin(), log.end(), [](auto& line) { return line.starts_with("start"); });
  };
  EXPECT_EQ(starts(), 4);
  engine.let_go("start");
  EXPECT_TRUE(run_until([&] { return starts() == 9; }));
}

TEST_F(TaskRunnerTest, ports_of_the_host_are_bound_and_told) {
  auto& task = add("t1");
  for (uint32_t published : {8080u, 0u}) {
    auto& port = *task.mutable_endpoint()->add_ports();
    port.set_target_port(published ? 80 : 81);
    port.set_published_port(published);
    port.set_publish_mode(api::PortConfig::HOST);
  }
  task.mutable_endpoint()->add_ports()->set_target_port(82);  // ingress
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  const auto& bound = last("t1").port_status().ports();
  ASSERT_EQ(bound.size(), 2);
  EXPECT_EQ(bound[0].published_port(), 8080u);
  EXPECT_GT(bound[1].published_port(), 0u);
  const auto& ports = networks.attached.at(engine.id()).ports;
  ASSERT_EQ(ports.size(), 2u);
  EXPECT_EQ(ports[1].host_port, bound[1].published_port());
  EXPECT_EQ(ports[1].container_port, 81);
  want("t1", api::SHUTDOWN);
  ASSERT_TRUE(reaches("t1", api::SHUTDOWN));
  EXPECT_FALSE(last("t1").has_port_status());
}

// ---- to the end

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
  for (const char* call : {"has_image", "create", "start", "call"}) {
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
  runner->take({}, self);
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

// ---- in service

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

TEST_F(TaskRunnerTest, a_check_that_hangs_has_failed_and_is_not_started_again) {
  add("t1");
  *add_health_check("t1").mutable_timeout() = model::to_wire(1ms);
  engine.hangs_execs = true;
  tell();
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(engine.execs_started, 1);
}

TEST_F(TaskRunnerTest, readiness_takes_a_task_out_of_balancing_and_back_but_lets_it_live) {
  add("t1");
  add_label("t1", "skein.readiness", "test -f /ready");
  int code = 1;
  engine.on_exec = [&](const auto& command) {
    EXPECT_EQ(command, (Lines{"/bin/sh", "-c", "test -f /ready"}));
    return code;
  };
  auto serving = [&] { return networks.serving[engine.id()] == Serving::kServing; };
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
  engine.errors["call"] = std::deque<Error>(9, make_error(Code::kUnavailable, "nobody listens"));
  ASSERT_TRUE(run_until([&] { return engine.errors["call"].empty(); }));
  int before = engine.execs_started;
  ASSERT_TRUE(run_until([&] { return engine.execs_started > before + 2; }));
  EXPECT_EQ(last("t1").state(), api::RUNNING);
}

// ---- restarts of the daemon

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
  runner.reset();
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

// ---- others

TEST_F(TaskRunnerTest, attachments_are_not_ours) {
  tasks["a1"].mutable_spec()->mutable_attachment()->set_container_id("abc");
  tasks["a1"].set_id("a1");
  tell();
  settle();
  EXPECT_TRUE(log.empty());
  EXPECT_TRUE(reports.empty());
}

TEST_F(TaskRunnerTest, a_node_that_leaves_its_swarm_takes_its_tasks_along) {
  add("t1", 1);
  add("t2", 2);
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING) && reaches("t2", api::RUNNING));
  engine.containers["mine"] = {"mine", {{"Image", "busybox"}}, "running"};
  reports.clear();
  bool has_left = false;
  asio::co_spawn(loop, runner->leave(), [&](std::exception_ptr) { has_left = true; });
  ASSERT_TRUE(run_until([&] { return has_left; }));
  settle();
  EXPECT_EQ(engine.id(), "mine");
  EXPECT_EQ(engine.containers.size(), 1u);
  EXPECT_TRUE(networks.namespaces.empty());
  EXPECT_TRUE(reports.empty());
}

}  // namespace
}  // namespace skein::agent
