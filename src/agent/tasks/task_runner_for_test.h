// A task runner between a made-up engine, made-up networks and a made-up manager that keeps what it is told. For tests
// only.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <filesystem>

#include "agent/tasks/task_runner.h"
#include "engine/fake_engine_for_test.h"
#include "io/loop/context.h"
#include "overlay/endpoints/fake_task_networks_for_test.h"
#include "overlay/host/container_files.h"

namespace skein::agent {

namespace api = model::api;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

struct TaskRunnerTest : ::testing::Test {
  io::Context loop{1};
  Lines log;
  engine::FakeEngine engine{loop.get_executor(), log};
  overlay::FakeTaskNetworks networks{loop.get_executor(), log};
  containers::HealthBoard health;
  SeededRandom random{1};
  std::string folder = testing::TempDir() + "skein-tasks-XXXXXX";
  std::map<std::string, api::Task> tasks;
  api::Node self;
  std::shared_ptr<Dependencies> dependencies = std::make_shared<Dependencies>();
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
  ~TaskRunnerTest() override {
    loop.drop_all();
    std::filesystem::remove_all(folder);
  }

  // A runner that asks for the time at `clock`.
  void make_runner(Clock& clock = system_clock()) {
    TaskRunnerHooks hooks;
    hooks.report = [this](const std::string& id, const api::TaskStatus& status) {
      reports[id].push_back(status);
      if (tasks.contains(id)) *tasks[id].mutable_status() = status;  // as the manager stores it
    };
    TaskRunnerOptions options;
    options.housing.files_folder = folder + "/files";
    options.volatile_root = {folder + "/secrets", nullptr};
    options.dependency_patience = 20ms;
    options.retry_pause = options.readiness_interval = 1ms;
    options.readiness_timeout = 1ms;
    runner = std::make_unique<TaskRunner>(loop, engine, networks, health, clock, random, hooks, options);
  }
  void close_runner() {
    bool is_closed = false;
    asio::co_spawn(loop, runner->close(), [&](const std::exception_ptr&) { is_closed = true; });
    EXPECT_TRUE(run_until([&] { return is_closed; }));
    runner.reset();
  }
  // The daemon's end, and the next one.
  void restart(Clock& clock = system_clock()) {
    close_runner();
    log.clear();
    reports.clear();
    make_runner(clock);
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
  void tell() {
    SharedTasks told;
    for (const auto& [id, task] : tasks) told.emplace(id, std::make_shared<const api::Task>(task));
    runner->take(told, self, dependencies);
  }
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
  bool is_asked(const std::string& call) {
    return std::any_of(log.begin(), log.end(), [&](const auto& line) { return line.starts_with(call + " "); });
  }
  bool is_empty(const std::string& name) {
    return !std::filesystem::exists(folder + "/" + name) || std::filesystem::is_empty(folder + "/" + name);
  }
  bool leaves_nothing() {
    return engine.containers.empty() && networks.namespaces.empty() && is_empty("files") && is_empty("secrets");
  }
};

}  // namespace skein::agent
