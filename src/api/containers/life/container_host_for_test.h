// For tests: a host with its disk, its engine and its daemon, all of which may go away.
#pragma once

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

namespace asio = boost::asio;
using namespace std::chrono_literals;
using nlohmann::json;
using Policy = std::string;

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
  containers::BackOff between_runs{1ms, 4ms};
  bool has_patience = true;  // to wait until all that was begun is over

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
    options.patience = {0ms, 1ms, 0ms, 1ms, 2ms, between_runs};
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
  void run_until(const std::function<bool()>& is_so) {
    loop.restart();
    while (!is_so()) ASSERT_NE(loop.run_one(), 0u) << "nothing is left to do";
  }
  template <class T>
  T run(asio::awaitable<T> work) {
    std::optional<T> out;
    auto keep = [&]() -> asio::awaitable<void> { out.emplace(co_await std::move(work)); };
    asio::co_spawn(loop, keep(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    loop.restart();
    while (!out && loop.run_one() != 0)
      ;
    if (has_patience) settle();
    SKEIN_ASSERT(out);
    return std::move(*out);
  }
  int post(const std::string& target, const std::string& body = "") {
    io::http::Request request;
    request.method = "POST";
    request.path = target;
    request.body = body;
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
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
    if (!is_task) spec["Labels"][engine::kRestartLabel] = policy;
    engine->containers[id] = {"c" + std::to_string(made), spec};
    overlay::ContainerState state{id, "/netns/" + key, {}};
    EXPECT_TRUE(overlay::write_container_state(folder + "/files/" + key, state).ok());
    return id;
  }
  // Made by a version that left policies to the engine.
  std::string create_old(const Policy& policy) {
    std::string id = create();
    engine->containers.at(id).spec["Labels"].erase(engine::kRestartLabel);
    engine->containers.at(id).spec["HostConfig"]["RestartPolicy"]["Name"] = policy;
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

}  // namespace skein::api
