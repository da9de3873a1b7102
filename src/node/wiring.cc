// Who tells whom (all on one thread, one loop):
//
//   users        -> api router            HTTP on the socket
//   api router   -> node, manager         swarm, nodes, networks
//   api router   -> containers -> engine  containers, images (Podman, or processes)
//   containers   -> network manager       connect before start, disconnect after the end
//   network mgr  -> agent                 attachments (to the manager), records (to gossip)
//   manager      -> store                 transactions; store -> dispatcher: watch
//   store        -> api events            what happened in the swarm
//   dispatcher   -> agents of all nodes   sessions, assignments (gRPC)
//   agent        -> task runner           assigned tasks; task runner -> agent: their states, for the manager
//   task runner  -> engine, network mgr   containers of tasks and their endpoints; serving, draining
//   log readers  -> manager -> agents     which logs are wanted; agents -> manager: their lines, from the engine
//   engine       -> containers, node      what happens to containers; node -> task runner
//   agent        -> network manager       "something changed": look again
//   gossip       -> network manager       "something changed": look again
//   network mgr  -> kernel                compile view, diff, apply
//   network mgr  -> resolvers             zones
#include "node/wiring.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "agent/kernel_network.h"
#include "api/api.h"
#include "api/network_routes.h"
#include "api/swarm_events.h"
#include "api/swarm_routes.h"
#include "base/log.h"
#include "engine/podman/podman_engine.h"
#include "engine/process/process_engine.h"
#include "io/context.h"
#include "io/file.h"
#include "io/http/server.h"
#include "io/resident.h"
#include "node/daemon_id.h"
#include "node/node.h"
#include "node/version.h"
#include "store/sqlite_journal.h"

namespace skein::node {

namespace asio = boost::asio;

namespace {

// Subnets of the host's own interfaces, which local networks must not take.
std::vector<control::HostPrefix> own_prefixes() {
  std::vector<control::HostPrefix> out;
  for (const auto& interface : host_interfaces())
    if (!interface.address.is_v6)
      out.push_back({interface.name, InterfaceAddress{interface.address.v4, interface.prefix_bits}.subnet()});
  return out;
}

engine::PodmanOptions engine_options(const NodeOptions& options) {
  engine::PodmanOptions out;
  out.state_folder = options.root_directory + "/containers";
  out.run_folder = options.run_directory + "/containers";
  out.config_folder = options.run_directory + "/podman";
  out.socket_path = options.run_directory + "/podman.sock";
  out.cgroup_parent = options.cgroup_parent;
  engine::detect_limits(out);
  return out;
}

// Either is stopped by its destruction too; then what it would still tell has nowhere to go.
struct ChosenEngine {
  std::unique_ptr<engine::Engine> engine;
  std::function<asio::awaitable<Result<void>>()> start_up;
  std::function<void()> stop;
};

ChosenEngine choose_engine(asio::io_context& loop, const NodeOptions& options) {
  if (options.engine == "process") {
    const std::string folder = options.root_directory + "/containers/processes";
    auto processes = std::make_unique<engine::ProcessEngine>(loop, engine::ProcessOptions{folder});
    auto* own = processes.get();
    auto start_up = [own]() -> asio::awaitable<Result<void>> { co_return own->start_up(); };
    return {std::move(processes), start_up, [own] { own->stop_following(); }};
  }
  auto podman = std::make_unique<engine::PodmanEngine>(loop, engine_options(options));
  auto* own = podman.get();
  return {std::move(podman), [own] { return own->start_up(); }, [own] { own->stop_following(false); }};
}

// All that lives as long as the daemon, in the order in which it is made. What coroutines that nobody waits for use is
// here, not in a coroutine, so that they are gone before it is.
struct Daemon {
  Daemon(asio::io_context& loop_in, const NodeOptions& options_in) : loop(loop_in), options(options_in) {}

  asio::io_context& loop;
  const NodeOptions& options;
  Clock& clock = system_clock();
  Random& random = system_random();

  std::optional<store::Store> local_store;
  std::unique_ptr<agent::LocalNetworks> local_networks;
  std::optional<kernel::DataPath> data_path;
  std::optional<agent::KernelNetwork> host;
  std::optional<agent::NetworkManager> networks;
  std::string daemon_id;
  ChosenEngine chosen;
  agent::TaskRunnerOptions tasks;
  agent::HealthBoard health;
  std::optional<Node> node;
  io::http::Router router;
  std::optional<api::Api> api;
  std::optional<io::http::Server> server;

  asio::awaitable<Result<void>> make();
  void make_containers_and_api();
  asio::awaitable<Result<void>> start();
  asio::awaitable<Result<void>> run();
};

asio::awaitable<Result<void>> Daemon::make() {
  SKEIN_CO_TRY_ASSIGN(daemon_id, keep_daemon_id(options.root_directory + "/engine-id", random));
  // State of this host alone.
  SKEIN_CO_TRY_ASSIGN(auto journal, store::SqliteJournal::open(options.root_directory + "/local.db"));
  local_store.emplace(loop.get_executor(), std::move(journal), clock);
  SKEIN_CO_TRY(local_store->open());
  SKEIN_CO_TRY_ASSIGN(local_networks, co_await agent::LocalNetworks::open(*local_store, random, own_prefixes()));

  // The kernel: adopted as it is, then brought in line.
  SKEIN_CO_TRY_ASSIGN(auto opened_path, kernel::DataPath::open({options.pin_directory}));
  data_path.emplace(std::move(opened_path));
  SKEIN_CO_TRY_ASSIGN(auto applier, kernel::NetworkApplier::open(*data_path));
  SKEIN_CO_TRY_ASSIGN(auto paths, kernel::net::PathWatch::open());
  host.emplace(loop, options.run_directory + "/netns", random, std::move(applier), std::move(paths));
  networks.emplace(loop, options.root_directory, random, *local_networks, *host, clock);
  co_return Result<void>();
}

void Daemon::make_containers_and_api() {
  chosen = choose_engine(loop, options);
  tasks.files_folder = options.root_directory + "/containers/files";
  node.emplace(NodeParts{loop, *local_networks, *networks, *chosen.engine, health, rpc::tcp_transport(), clock, random,
                         options.root_directory + "/swarm", kVersion, tasks, options.key_rotation_period});
  api.emplace(api::ApiParts{loop,
                            *chosen.engine,
                            *networks,
                            health,
                            clock,
                            random,
                            {tasks.files_folder, "/etc/resolv.conf", options.root_directory + "/containers/lives.json"},
                            {[this] { return api::swarm_info(*node); }, {daemon_id, kVersion, options.root_directory}}},
              router);
  node->observe([this](const store::Changes& changes) {
    for (auto& event : api::swarm_events(changes, clock.wall())) api->events().publish(std::move(event));
  });
  api::add_swarm_routes(router, *node);
  api::add_network_routes(router, *node, api->containers());
}

asio::awaitable<Result<void>> Daemon::start() {
  SKEIN_CO_TRY(co_await make());
  make_containers_and_api();
  // The swarm first: endpoints that are restored need its tables.
  node->resume();
  if (auto restored = networks->restore(); !restored.ok())
    log_warning("network-not-restored", {{"why", restored.error().text()}});
  SKEIN_CO_TRY(co_await chosen.start_up());
  SKEIN_CO_TRY(co_await api->start_up());
  node->run_tasks();  // whose files the API has tidied

  server.emplace(loop, router);
  SKEIN_CO_TRY(server->listen_unix(options.socket_path, options.group));
  log_info("ready", {{"socket", options.socket_path}, {"version", kVersion}});
  co_return Result<void>();
}

asio::awaitable<Result<void>> Daemon::run() {
  SKEIN_CO_TRY(co_await start());
  asio::co_spawn(loop, io::keep_small(), asio::detached);
  asio::signal_set signals(loop, SIGTERM, SIGINT);
  int signal = co_await signals.async_wait(asio::use_awaitable);
  log_info("stopping", {{"signal", std::to_string(signal)}});
  server->stop();
  chosen.stop();
  co_return Result<void>();
}

}  // namespace

Result<void> run_node(const NodeOptions& options) {
  for (const std::string& directory : {options.root_directory, options.run_directory})
    SKEIN_TRY(io::make_directories(directory, 0711));
  io::Context loop(1);
  std::optional<Result<void>> outcome;
  Daemon daemon(loop, options);
  asio::co_spawn(loop, daemon.run(), [&](const std::exception_ptr& failed, Result<void> result) {
    outcome =
        failed ? Result<void>(make_error(Code::kInternal, "the daemon ended by an exception")) : std::move(result);
    loop.stop();
  });
  loop.run();
  loop.drop_all();
  return outcome ? *outcome : Result<void>(make_error(Code::kInternal, "the loop ended by itself"));
}

}  // namespace skein::node
