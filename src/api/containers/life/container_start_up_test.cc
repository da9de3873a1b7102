// Daemons die, hosts reboot, engines fail to answer: afterwards what runs and what is attached are the same, and what
// is to run runs.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <optional>

#include "api/containers/containers.h"
#include "containers/facts/task_labels.h"
#include "engine/fake_engine_for_test.h"
#include "io/loop/context.h"
#include "io/loop/timer.h"
#include "overlay/endpoints/fake_task_networks_for_test.h"
#include "overlay/host/container_files.h"

namespace skein::api {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using nlohmann::json;
using Policy = std::string;

// A host with its disk, its engine and its daemon.
struct ContainerHost : testing::Test {
  io::Context loop{1};
  std::vector<std::string> log;
  std::unique_ptr<engine::FakeEngine> engine;
  overlay::FakeTaskNetworks networks{loop.get_executor(), log};
  containers::HealthBoard health;
  SeededRandom random{1};
  std::string folder = testing::TempDir() + "skein-start-up-XXXXXX";
  std::unique_ptr<io::TaskScope> tasks;
  std::unique_ptr<containers::Keeper> keeper;
  std::unique_ptr<Containers> routes;
  std::unique_ptr<io::http::Router> router;
  int made = 0;

  ContainerHost() {
    SKEIN_ASSERT(::mkdtemp(folder.data()) != nullptr);
    boot();
  }
  ~ContainerHost() override {
    loop.drop_all();
    std::filesystem::remove_all(folder);
  }
  // The daemon's end.
  void end() {
    bool is_closed = false;
    asio::co_spawn(loop, tasks->close(), [&](const std::exception_ptr&) { is_closed = true; });
    loop.restart();
    while (!is_closed) loop.run_one();
    routes.reset();
    keeper.reset();
  }

  // The next daemon; the engine's containers and what is attached are what the last one left.
  void boot(std::map<std::string, std::deque<Error>> errors = {}) {
    auto kept = engine ? engine->containers : std::map<std::string, engine::FakeEngine::Container>();
    if (keeper) {
      end();
      settle();
    }
    engine = std::make_unique<engine::FakeEngine>(loop.get_executor(), log);
    engine->containers = std::move(kept);
    engine->images = {"busybox"};
    engine->errors = std::move(errors);
    containers::KeeperOptions options;
    options.housing.files_folder = folder + "/files";
    options.notes_path = folder + "/lives.json";
    options.patience = {0ms, 0ms, 1ms, 2ms};
    tasks = std::make_unique<io::TaskScope>(loop.get_executor());
    keeper = std::make_unique<containers::Keeper>(loop, *tasks, *engine, networks, health, system_clock(), random,
                                                  std::move(options));
    routes = std::make_unique<Containers>(*keeper, *engine, networks, health, system_clock(), folder + "/secrets");
    engine->observe(keeper->observer());
    router = std::make_unique<io::http::Router>();
    routes->add_routes(*router);
    EXPECT_TRUE(run(keeper->start_up()).ok());
    settle();
  }
  // Without a daemon: processes and namespaces go, disks stay. What is attached is dropped with its namespace.
  void reboot() {
    engine->crash();
    networks.attached.clear();
    boot();
  }
  void settle() {
    loop.restart();
    loop.run_for(10s);  // ends when nothing is left to do
  }
  template <class T>
  T run(asio::awaitable<T> work) {
    std::optional<T> out;
    auto keep = [&]() -> asio::awaitable<void> { out.emplace(co_await std::move(work)); };
    asio::co_spawn(loop, keep(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    settle();
    SKEIN_ASSERT(out);
    return std::move(*out);
  }
  int post(const std::string& target) {
    io::http::Request request;
    request.method = "POST";
    request.path = target;
    return run(router->answer(request)).status;
  }
  json show(const std::string& id) {
    io::http::Request request;
    request.method = "GET";
    request.path = "/containers/" + id + "/json";
    return json::parse(run(router->answer(request)).body);
  }
  std::string create(const Policy& policy = "no", bool is_task = false) {
    std::string id = std::string(60, 'a') + std::to_string(1000 + ++made);
    const std::string key = id.substr(56);
    engine::NetworkingRecord record;
    record.key = key;
    record.network_mode = "appnet";
    json spec{{"Image", "busybox"}, {"Labels", {{engine::kNetworkingLabel, record.label()}}}};
    if (is_task) spec["Labels"][containers::kTaskIdLabel] = "t1";
    spec["HostConfig"]["RestartPolicy"]["Name"] = policy;
    engine->containers[id] = {"c" + std::to_string(made), spec};
    overlay::ContainerState state{id, "/netns/" + key, {}};
    EXPECT_TRUE(overlay::write_container_state(folder + "/files/" + key, state).ok());
    return id;
  }
  std::string start(const Policy& policy = "no") {
    std::string id = create(policy);
    EXPECT_EQ(post("/containers/" + id + "/start"), 204);
    EXPECT_TRUE(runs(id) && networks.is_attached(id));
    return id;
  }
  bool runs(const std::string& id) const { return engine->containers.at(id).status == "running"; }
  // The daemon is away while the container ends.
  void end_unseen(const std::string& id, int code) {
    end();
    engine->containers.at(id).status = "exited";
    engine->containers.at(id).exit_code = code;
  }
  void expect_agreement() {
    for (const auto& [id, container] : engine->containers)
      EXPECT_EQ(networks.is_attached(id), container.status == "running") << container.name << " " << container.status;
    for (const auto& id : networks.attached_containers()) EXPECT_TRUE(engine->containers.contains(id));
    std::set<std::string> houses, wanted;
    std::error_code none;
    for (const auto& house : std::filesystem::directory_iterator(folder + "/files", none))
      houses.insert(house.path().filename());
    for (const auto& [id, container] : engine->containers) wanted.insert(id.substr(56));
    EXPECT_EQ(houses, wanted) << "a house for each container, and for nobody else";
  }
};

TEST_F(ContainerHost, what_ended_while_the_daemon_was_away_has_no_endpoints) {
  const std::string web = start(), other = start();
  end_unseen(web, 0);
  boot();
  EXPECT_FALSE(networks.is_attached(web));
  EXPECT_TRUE(networks.is_attached(other)) << "it runs";
}

TEST_F(ContainerHost, what_was_removed_while_the_daemon_was_away_has_no_endpoints) {
  const std::string web = start();
  end();
  engine->containers.erase(web);
  boot();
  EXPECT_TRUE(networks.attached.empty());
}

TEST_F(ContainerHost, an_exit_about_which_the_engine_cannot_be_asked_is_not_forgotten) {
  const std::string web = start();
  engine->errors["inspect"] = {make_error(Code::kUnavailable, "away")};
  engine->errors["list"] = {make_error(Code::kUnavailable, "away"), make_error(Code::kUnavailable, "away")};
  engine->exit(web, 0);
  settle();
  EXPECT_FALSE(networks.is_attached(web));
}

TEST_F(ContainerHost, a_restart_that_fails_leaves_no_endpoints_of_what_it_stopped) {
  const std::string web = start();
  engine->exit(web, 0);
  settle();
  engine->errors["start"] = {make_error(Code::kInternal, "no")};
  EXPECT_EQ(post("/containers/" + web + "/start"), 500);
  EXPECT_FALSE(networks.is_attached(web));
}

TEST_F(ContainerHost, after_a_reboot_policies_start_their_containers_and_the_others_are_exited_with_255) {
  const std::string none = start(), always = start("always"), unless = start("unless-stopped"),
                    failing = start("on-failure");
  const std::string created = create("always");
  reboot();
  EXPECT_FALSE(runs(none));
  EXPECT_EQ(show(none)["State"]["ExitCode"], 255);
  EXPECT_EQ(show(none)["State"]["Status"], "exited");
  EXPECT_NE(show(none)["State"]["FinishedAt"], "0001-01-01T00:00:00Z");
  for (const auto& id : {always, unless, failing}) EXPECT_TRUE(runs(id));
  EXPECT_EQ(show(always)["State"]["ExitCode"], 0);
  EXPECT_FALSE(runs(created)) << "it was never started";
  expect_agreement();
  const std::string found_at = show(none)["State"]["FinishedAt"];
  boot();
  EXPECT_EQ(show(none)["State"]["FinishedAt"], found_at) << "found once";
  EXPECT_EQ(post("/containers/" + none + "/start"), 204);
  EXPECT_EQ(show(none)["State"]["ExitCode"], 0);
}

TEST_F(ContainerHost, a_stop_by_the_user_outlives_daemons_and_hosts_until_the_next_start) {
  const std::string web = start("unless-stopped"), other = start("always");
  EXPECT_EQ(post("/containers/" + web + "/stop"), 204);
  EXPECT_EQ(post("/containers/" + other + "/stop"), 204);
  boot();
  EXPECT_FALSE(runs(web));
  EXPECT_TRUE(runs(other)) << "always: a stop holds until the daemon's next start";
  reboot();
  EXPECT_FALSE(runs(web));
  EXPECT_EQ(post("/containers/" + web + "/start"), 204);
  reboot();
  EXPECT_TRUE(runs(web));
  expect_agreement();
}

TEST_F(ContainerHost, a_stop_that_fails_is_no_stop) {
  const std::string web = start("unless-stopped");
  engine->errors["stop"] = {make_error(Code::kInternal, "no")};
  EXPECT_EQ(post("/containers/" + web + "/stop"), 500);
  reboot();
  EXPECT_TRUE(runs(web));
}

TEST_F(ContainerHost, a_container_waits_for_its_network_without_holding_up_others) {
  const std::string web = start("always");
  engine->crash();
  networks.attached.clear();
  networks.attach_error = make_error(Code::kUnavailable, "no session with a manager");
  end();
  auto answered = [&]() -> asio::awaitable<void> {
    io::Timer timer(loop, 20ms);
    co_await timer.async_wait(asio::use_awaitable);
    EXPECT_FALSE(runs(web));
    networks.attach_error.reset();
  };
  asio::co_spawn(loop, answered(), asio::detached);
  boot();
  EXPECT_TRUE(runs(web));
  expect_agreement();
}

TEST_F(ContainerHost, a_container_that_cannot_be_started_is_left) {
  const std::string web = start("always");
  engine->crash();
  networks.attached.clear();
  boot({{"start", {make_error(Code::kInvalidArgument, "exec: not found")}}});
  EXPECT_FALSE(runs(web));
  expect_agreement();
}

TEST_F(ContainerHost, an_engine_that_is_away_for_a_moment_costs_no_container_its_start) {
  const std::string web = start("always");
  engine->crash();
  networks.attached.clear();
  const Error away = make_error(Code::kUnavailable, "away");
  boot({{"start", {away, away}}});
  EXPECT_TRUE(runs(web));
  expect_agreement();
}

// Their endpoints are the agent's, but for what is left of them.
TEST_F(ContainerHost, containers_of_tasks_neither_come_back_nor_keep_anything) {
  const std::string dead = create("no", true), living = create("no", true);
  for (const auto& id : {dead, living}) {
    engine->containers.at(id).status = "running";
    engine->containers.at(id).was_started = true;
    networks.attached[id] = {};
  }
  end_unseen(dead, 0);
  boot();
  EXPECT_FALSE(networks.is_attached(dead));
  EXPECT_TRUE(networks.is_attached(living));
  reboot();
  EXPECT_FALSE(runs(living));
  expect_agreement();
}

TEST_F(ContainerHost, what_the_engine_starts_by_itself_gets_its_endpoints) {
  const std::string web = start("always");
  engine->exit(web, 1);
  settle();
  EXPECT_FALSE(networks.is_attached(web));
  EXPECT_TRUE(run(engine->start(web)).ok());
  EXPECT_TRUE(networks.is_attached(web));
}

TEST_F(ContainerHost, rm_holds_for_what_ended_unseen) {
  const std::string web = start();
  engine->containers.at(web).spec["HostConfig"]["AutoRemove"] = true;
  end_unseen(web, 0);
  boot();
  EXPECT_FALSE(engine->containers.contains(web));
}

TEST_F(ContainerHost, the_dead_are_not_healthy) {
  const std::string web = start();
  health.put(web, containers::HealthRecord(containers::Health::kHealthy));
  EXPECT_EQ(show(web)["State"]["Health"]["Status"], "healthy");
  engine->exit(web, 1);
  EXPECT_EQ(show(web)["State"]["Health"]["Status"], "unhealthy");
}

// Whatever happens in whatever order: once the daemon is up and the engine answers, all agree.
TEST_F(ContainerHost, what_runs_and_what_is_attached_agree_after_anything) {
  const std::vector<Policy> policies{"no", "always", "unless-stopped", "on-failure"};
  std::map<std::string, bool> is_stopped;
  for (int step = 0; step < 400; ++step) {
    std::vector<std::string> ids;
    for (const auto& [id, container] : engine->containers) ids.push_back(id);
    const std::string id = ids.empty() ? "" : ids[random.below(ids.size())];
    for (const char* call : {"inspect", "list", "start"})
      if (random.below(4) == 0) engine->errors[call].push_back(make_error(Code::kUnavailable, "away"));
    switch (random.below(8)) {
      case 0:
        if (ids.size() < 8) create(policies[random.below(policies.size())]);
        break;
      case 1:
      case 2:
        if (!id.empty() && post("/containers/" + id + "/start") == 204) is_stopped[id] = false;
        break;
      case 3:
        if (!id.empty() && runs(id) && post("/containers/" + id + "/stop") == 204) is_stopped[id] = true;
        break;
      case 4:
        if (!id.empty() && runs(id)) engine->exit(id, static_cast<int>(random.below(2)));
        break;
      case 5:
        if (!id.empty()) end_unseen(id, 1), is_stopped.try_emplace(id, false);
        engine->errors.clear();
        boot();
        break;
      case 6: engine->lose(id.empty() ? "none" : id); break;
      case 7:
        engine->errors.clear();
        reboot();
        for (const auto& [each, container] : engine->containers) {
          const Policy policy = container.spec["HostConfig"]["RestartPolicy"]["Name"];
          if (!is_stopped.contains(each) || policy != "unless-stopped") continue;
          EXPECT_EQ(container.status == "running", !is_stopped[each]) << step;
        }
        break;
    }
    settle();
    engine->errors.clear();
    settle();
    expect_agreement();
    ASSERT_FALSE(HasFailure()) << "step " << step;
  }
}

}  // namespace
}  // namespace skein::api
