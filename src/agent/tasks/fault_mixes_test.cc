// The same faults on a user's container and on a task's: what is left is the same, and is what
// docs/design/containers.md says.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <filesystem>
#include <fstream>

#include "agent/tasks/task_runner.h"
#include "containers/life/keeper.h"
#include "engine/fake_engine_for_test.h"
#include "io/loop/context.h"
#include "overlay/endpoints/fake_task_networks_for_test.h"

namespace skein::agent {
namespace {

namespace swarm = model::api;
using namespace std::chrono_literals;
using boost::asio::awaitable;
using nlohmann::json;

enum class Whose { kUsers, kTasks };

// What is left of the container called "web": on the engine, on the network, on the disk.
struct Left {
  std::string body;  // "none", "created", "running", "exited"
  bool is_attached = false;
  bool is_housed = false;
  bool operator==(const Left&) const = default;
};
const Left kNone{"none", false, false}, kCreated{"created", false, true}, kRuns{"running", true, true},
    kExited{"exited", false, true};

std::ostream& operator<<(std::ostream& out, const Left& left) {
  return out << left.body << (left.is_attached ? ", attached" : "") << (left.is_housed ? ", housed" : "");
}

// A host with its disk, its engine and its daemon, and one container of either kind.
class FaultHost : public testing::TestWithParam<Whose> {
 protected:
  io::Context loop{1};
  std::vector<std::string> log;
  engine::FakeEngine engine{loop.get_executor(), log};
  overlay::FakeTaskNetworks networks{loop.get_executor(), log};
  containers::HealthBoard health;
  SeededRandom random{1};
  std::string folder = testing::TempDir() + "skein-faults-XXXXXX";
  std::unique_ptr<io::TaskScope> scope;
  std::unique_ptr<containers::Keeper> keeper;
  std::unique_ptr<TaskRunner> runner;
  std::map<std::string, swarm::Task> tasks;
  swarm::Node self;
  std::shared_ptr<Dependencies> dependencies = std::make_shared<Dependencies>();

  FaultHost() {
    SKEIN_ASSERT(::mkdtemp(folder.data()) != nullptr);
    engine.images = {"busybox"};
    self.set_id("node1");
    engine::Observer observer;
    observer.on_event = [this](const json& event) {
      if (keeper) of_keeper.on_event(event);
    };
    observer.on_container_exit = [this](const auto& exit) {
      if (keeper) of_keeper.on_container_exit(exit);
      if (runner) runner->container_exited(exit);
    };
    observer.on_container_removed = [this](const auto& id) {
      if (keeper) of_keeper.on_container_removed(id);
      if (runner) runner->container_removed(id);
    };
    engine.observe(observer);
    boot();
  }
  ~FaultHost() override {
    loop.drop_all();
    std::filesystem::remove_all(folder);
  }

  std::string files() const { return folder + "/files"; }

  // ---- the daemon
  void boot() {
    containers::KeeperOptions options;
    options.housing.files_folder = files();
    options.notes_path = folder + "/lives.json";
    options.patience = {0ms, 0ms, 1ms, 2ms};
    scope = std::make_unique<io::TaskScope>(loop.get_executor());
    keeper = std::make_unique<containers::Keeper>(loop, *scope, engine, networks, health, system_clock(), random,
                                                  std::move(options));
    of_keeper = keeper->observer();
    EXPECT_TRUE(run(keeper->start_up()).ok());
    TaskRunnerHooks hooks;
    hooks.report = [this](const std::string& id, const swarm::TaskStatus& status) {
      if (tasks.contains(id)) *tasks[id].mutable_status() = status;
    };
    TaskRunnerOptions task_options;
    task_options.housing.files_folder = files();
    task_options.volatile_root = {folder + "/secrets", nullptr};
    task_options.retry_pause = 1ms;
    runner = std::make_unique<TaskRunner>(loop, engine, networks, health, system_clock(), random, hooks, task_options);
    runner->start();
    if (!tasks.empty()) tell();
  }
  void end() {
    int closed = 0;
    auto count = [&](const std::exception_ptr&) { ++closed; };
    boost::asio::co_spawn(loop, runner->close(), count);
    boost::asio::co_spawn(loop, scope->close(), count);
    ASSERT_TRUE(run_until([&] { return closed == 2; }));
    runner.reset();
    keeper.reset();
  }

  // ---- the container
  // Made and started, as far as it goes; an empty text, or what the user or the manager is told. A task is waited for
  // until it runs or is given up, or until `has_enough`.
  std::string bring_up() { return GetParam() == Whose::kUsers ? bring_up_users() : bring_up_tasks(); }
  std::function<bool()> has_enough = [] { return false; };

  Left left() {
    Left out{"none", false, false};
    for (const auto& [id, container] : engine.containers) {
      if (container.name != name()) continue;
      out.body = container.status == "created" && container.is_code_lost ? "exited" : container.status;
      out.is_attached = networks.is_attached(id);
    }
    std::error_code none;
    for (const auto& house : std::filesystem::directory_iterator(files(), none)) out.is_housed |= house.is_directory();
    EXPECT_EQ(out.is_housed, !networks.namespaces.empty()) << "a folder goes with its namespace";
    return out;
  }
  std::string name() const { return GetParam() == Whose::kUsers ? "web" : "web.1.t1"; }
  std::string id() const {
    for (const auto& [id, container] : engine.containers)
      if (container.name == name()) return id;
    return "";
  }
  // Until what is left of it is this.
  testing::AssertionResult becomes(const Left& wanted) {
    if (run_until([&] { return left() == wanted; })) return testing::AssertionSuccess();
    return testing::AssertionFailure() << left() << " instead of " << wanted;
  }
  bool run_until(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    loop.restart();
    while (!condition() && std::chrono::steady_clock::now() < give_up) loop.run_one_for(10ms);
    return condition();
  }
  bool is_asked(const std::string& call) const {
    return std::ranges::any_of(log, [&](const std::string& line) { return line.starts_with(call + " "); });
  }

 private:
  template <class T>
  T run(awaitable<T> work) {
    std::optional<T> out;
    auto keep = [&]() -> awaitable<void> { out.emplace(co_await std::move(work)); };
    boost::asio::co_spawn(loop, keep(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    SKEIN_ASSERT(run_until([&] { return out.has_value(); }));
    return std::move(*out);
  }
  std::string bring_up_users() {
    if (made_.empty()) {
      auto made = run(keeper->create("web", {{"Image", "busybox"}, {"HostConfig", {{"NetworkMode", "appnet"}}}}));
      if (!made.ok()) return made.error().text();
      made_ = made->id;
    }
    auto container = run(engine.inspect(made_));
    if (!container.ok()) return container.error().text();
    auto started = run(keeper->start(*container, [this] { return engine.start(made_); }));
    return started.ok() ? "" : started.error().text();
  }
  std::string bring_up_tasks() {
    if (!tasks.contains("t1")) {
      swarm::Task& task = tasks["t1"];
      task.set_id("t1");
      task.set_slot(1);
      task.set_node_id("node1");
      task.mutable_service_annotations()->set_name("web");
      task.mutable_spec()->mutable_container()->set_image("busybox");
      task.mutable_status()->set_state(swarm::ASSIGNED);
      task.set_desired_state(swarm::RUNNING);
      auto& attachment = *task.add_networks();
      attachment.mutable_network()->set_id("net1");
      attachment.mutable_network()->mutable_spec()->mutable_annotations()->set_name("appnet");
      attachment.add_addresses("10.0.5.11/24");
    }
    tell();
    EXPECT_TRUE(run_until([&] { return tasks["t1"].status().state() >= swarm::RUNNING || has_enough(); }));
    return tasks["t1"].status().err();
  }
  void tell() {
    SharedTasks told;
    for (const auto& [id, task] : tasks) told.emplace(id, std::make_shared<const swarm::Task>(task));
    runner->take(told, self, dependencies);
  }

  engine::Observer of_keeper;
  std::string made_;  // the user's
};

INSTANTIATE_TEST_SUITE_P(Whose, FaultHost, testing::Values(Whose::kUsers, Whose::kTasks),
                         [](const auto& info) { return info.param == Whose::kUsers ? "users" : "tasks"; });

TEST_P(FaultHost, nothing_goes_wrong) {
  EXPECT_EQ(bring_up(), "");
  EXPECT_TRUE(becomes(kRuns));
}

TEST_P(FaultHost, the_image_is_missing) {
  engine.images.clear();
  engine.errors["pull"] = {make_error(Code::kUnknown, "no such registry")};
  EXPECT_NE(bring_up(), "");
  EXPECT_TRUE(becomes(kNone));
}

TEST_P(FaultHost, the_name_is_taken) {
  engine.containers["other"] = {name(), {{"Image", "busybox"}}};
  EXPECT_NE(bring_up().find("Conflict"), std::string::npos);
  engine.containers.erase("other");
  EXPECT_TRUE(becomes(kNone));
}

TEST_P(FaultHost, the_namespace_cannot_be_made) {
  networks.namespace_error = make_error(Code::kUnknown, "no space left for namespaces");
  EXPECT_NE(bring_up().find("no space left for namespaces"), std::string::npos);
  EXPECT_TRUE(becomes(kNone));
}

TEST_P(FaultHost, the_disk_is_full) {
  std::filesystem::remove_all(files());
  std::ofstream(files()) << "no folder";
  EXPECT_NE(bring_up(), "");
  EXPECT_TRUE(becomes(kNone));
}

TEST_P(FaultHost, the_network_was_removed_meanwhile) {
  networks.attach_error = make_error(Code::kNotFound, "network appnet not found");
  EXPECT_NE(bring_up().find("network appnet not found"), std::string::npos);
  EXPECT_TRUE(becomes(kCreated));
}

TEST_P(FaultHost, the_engine_cannot_start_it) {
  engine.errors["start"] = {make_error(Code::kInvalidArgument, "exec: not found")};
  EXPECT_NE(bring_up().find("exec: not found"), std::string::npos);
  EXPECT_TRUE(becomes(kCreated));
}

// The user tries once more; a task's runner does so by itself.
TEST_P(FaultHost, the_engine_is_away_for_a_moment) {
  engine.errors["start"] = {make_error(Code::kUnavailable, "away")};
  if (!bring_up().empty()) {
    EXPECT_TRUE(becomes(kCreated));
    EXPECT_EQ(bring_up(), "");
  }
  EXPECT_TRUE(becomes(kRuns));
}

TEST_P(FaultHost, it_ends_while_no_daemon_is_there) {
  EXPECT_EQ(bring_up(), "");
  end();
  engine.exit(id(), 1);
  EXPECT_EQ(left(), (Left{"exited", true, true})) << "nobody could see to it";
  boot();
  EXPECT_TRUE(becomes(kExited));
}

TEST_P(FaultHost, it_runs_on_while_no_daemon_is_there) {
  EXPECT_EQ(bring_up(), "");
  end();
  boot();
  EXPECT_TRUE(becomes(kRuns));
}

TEST_P(FaultHost, the_host_reboots) {
  EXPECT_EQ(bring_up(), "");
  end();
  engine.crash();
  networks.attached.clear();
  boot();
  EXPECT_TRUE(becomes(kExited));
}

TEST_P(FaultHost, it_is_removed_behind_our_back) {
  EXPECT_EQ(bring_up(), "");
  engine.lose(id());
  EXPECT_TRUE(becomes(kNone));
}

TEST_P(FaultHost, it_is_removed_while_no_daemon_is_there) {
  EXPECT_EQ(bring_up(), "");
  end();
  engine.containers.erase(id());
  boot();
  EXPECT_TRUE(becomes(kNone));
}

TEST_P(FaultHost, the_daemon_dies_between_creation_and_start) {
  engine.outcome_of = [](const std::string& call) {
    return call == "start" ? Result<void>(make_error(Code::kUnavailable, "away")) : Result<void>();
  };
  has_enough = [this] { return is_asked("start"); };
  bring_up();
  end();
  engine.outcome_of = nullptr;
  has_enough = [] { return false; };
  boot();
  EXPECT_EQ(bring_up(), "");
  EXPECT_TRUE(becomes(kRuns));
}

}  // namespace
}  // namespace skein::agent
