// A real host's daemon: its doors to the kernel, the network, the disk and the engine. What stands between them, and
// who tells whom, is in daemon.cc.
#include "node/wiring.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "base/log.h"
#include "engine/podman/podman_engine.h"
#include "engine/process/process_engine.h"
#include "io/file/file.h"
#include "io/file/keep_small.h"
#include "io/http/http_server.h"
#include "io/loop/context.h"
#include "node/daemon.h"
#include "node/options/daemon_options.h"
#include "node/version.h"
#include "overlay/host/kernel_network.h"
#include "store/sqlite_journal.h"

namespace skein::node {

namespace asio = boost::asio;

namespace {

engine::PodmanOptions engine_options(const NodeOptions& options) {
  engine::PodmanOptions out;
  out.state_folder = options.root_directory + "/containers";
  out.run_folder = options.run_directory + "/containers";
  out.config_folder = options.run_directory + "/podman";
  out.socket_path = options.run_directory + "/podman.sock";
  out.cgroup_parent = options.cgroup_parent;
  out.insecure_registries.insert(out.insecure_registries.end(), options.insecure_registries.begin(),
                                 options.insecure_registries.end());
  engine::detect_limits(out);
  engine::detect_init(out);
  return out;
}

struct ChosenEngine {
  std::unique_ptr<engine::Engine> engine;
  std::function<asio::awaitable<Result<void>>()> start_up;
};

ChosenEngine choose_engine(asio::io_context& loop, const NodeOptions& options) {
  if (options.engine == "process") {
    const std::string folder = options.root_directory + "/containers/processes";
    auto processes = std::make_unique<engine::ProcessEngine>(loop, engine::ProcessOptions{folder});
    auto* own = processes.get();
    auto start_up = [own]() -> asio::awaitable<Result<void>> { co_return own->start_up(); };
    return {std::move(processes), start_up};
  }
  auto podman = std::make_unique<engine::PodmanEngine>(loop, engine_options(options));
  auto* own = podman.get();
  return {std::move(podman), [own] { return own->start_up(); }};
}

// Destroyed after the daemon that uses them.
struct RealHost {
  RealHost(asio::io_context& loop_in, const NodeOptions& options_in, model::EngineSettings settings_in)
      : loop(loop_in),
        options(options_in),
        settings(std::move(settings_in)),
        addresses(loop_in),
        chosen(choose_engine(loop_in, options_in)) {}

  asio::io_context& loop;
  const NodeOptions& options;
  model::EngineSettings settings;
  KernelAddresses addresses;
  std::optional<kernel::DataPath> data_path;
  std::optional<overlay::KernelNetwork> network;
  ChosenEngine chosen;

  Result<overlay::HostNetwork*> open_network();
  Doors doors();
};

Result<overlay::HostNetwork*> RealHost::open_network() {
  SKEIN_TRY_ASSIGN(auto opened_path, kernel::DataPath::open({options.pin_directory}));
  data_path.emplace(std::move(opened_path));
  SKEIN_TRY_ASSIGN(auto applier, kernel::NetworkApplier::open(*data_path));
  SKEIN_TRY_ASSIGN(auto paths, kernel::net::PathWatch::open());
  SKEIN_TRY_ASSIGN(auto firewall, kernel::net::FirewallWatch::open());
  SKEIN_TRY_ASSIGN(const auto choice, overlay::parse_encryption_choice(options.encryption));
  SKEIN_TRY_ASSIGN(auto encryption, overlay::EncryptionMaker::choose(choice));
  network.emplace(loop, options.run_directory, system_clock(), system_random(), std::move(applier), std::move(paths),
                  std::move(firewall), std::move(encryption));
  return &*network;
}

Doors RealHost::doors() {
  auto open_journal = [](const std::string& path) -> Result<std::unique_ptr<store::Journal>> {
    SKEIN_TRY_ASSIGN(auto journal, store::SqliteJournal::open(path));
    return std::unique_ptr<store::Journal>(std::move(journal));
  };
  return {loop,
          system_clock(),
          system_random(),
          rpc::tcp_transport(),
          io::socket_gossip(),
          addresses,
          open_journal,
          [this] { return open_network(); },
          *chosen.engine,
          chosen.start_up,
          options.root_directory,
          {options.run_directory + "/secrets", agent::mount_volatile},
          options.key_rotation_period,
          settings};
}

// The configuration file anew, at each SIGHUP. One that is wrong changes nothing.
asio::awaitable<void> follow_file(asio::io_context& loop, const NodeOptions& given, Daemon& daemon) {
  asio::signal_set signals(loop, SIGHUP);
  for (;;) {
    (void)co_await signals.async_wait(asio::use_awaitable);
    const auto options = with_daemon_file(given);
    auto settings = options.ok() ? engine_settings_of(*options) : Result<model::EngineSettings>(options.error());
    if (!settings.ok()) {
      log_error("configuration-not-reloaded", {{"why", settings.error().text()}});
      continue;
    }
    set_log_level(options->is_verbose ? LogLevel::kDebug : LogLevel::kInfo);
    daemon.configure(std::move(*settings));
    log_info("configuration-reloaded", {{"file", given.config_path}});
  }
}

asio::awaitable<Result<void>> run(asio::io_context& loop, const NodeOptions& options, const NodeOptions& given,
                                  Daemon& daemon, std::optional<io::http::Server>& server,
                                  std::optional<io::http::Server>& metrics) {
  asio::co_spawn(loop, follow_file(loop, given, daemon), asio::detached);  // first, or SIGHUP would end us
  SKEIN_CO_TRY(co_await daemon.start());
  server.emplace(loop, daemon.router());
  SKEIN_CO_TRY(server->listen_unix(options.socket_path, options.group));
  if (!options.metrics_address.empty()) {
    SKEIN_CO_TRY_ASSIGN(const MetricsAddress address, parse_metrics_address(options.metrics_address));
    metrics.emplace(loop, daemon.metrics_router());
    SKEIN_CO_TRY(metrics->listen_tcp(address.address, address.port));
  }
  log_info("ready", {{"socket", options.socket_path}, {"version", kVersion}});
  asio::co_spawn(loop, io::keep_small(), asio::detached);
  asio::signal_set signals(loop, SIGTERM, SIGINT);
  int signal = co_await signals.async_wait(asio::use_awaitable);
  log_info("stopping", {{"signal", std::to_string(signal)}});
  server->stop();
  if (metrics) metrics->stop();
  co_await daemon.close();
  co_return Result<void>();
}

}  // namespace

Result<void> run_node(const NodeOptions& given) {
  SKEIN_TRY_ASSIGN(const NodeOptions options, with_daemon_file(given));
  SKEIN_TRY_ASSIGN(model::EngineSettings settings, engine_settings_of(options));
  if (options.is_verbose) set_log_level(LogLevel::kDebug);
  for (const std::string& directory : {options.root_directory, options.run_directory})
    SKEIN_TRY(io::make_directories(directory, 0711));
  io::Context loop(1);
  std::optional<Result<void>> outcome;
  RealHost host(loop, options, std::move(settings));
  Daemon daemon(host.doors());
  std::optional<io::http::Server> server, metrics;
  asio::co_spawn(loop, run(loop, options, given, daemon, server, metrics),
                 [&](const std::exception_ptr& failed, Result<void> result) {
                   outcome = failed ? Result<void>(make_error(Code::kInternal, "the daemon ended by an exception"))
                                    : std::move(result);
                   loop.stop();
                 });
  loop.run();
  loop.drop_all();
  return outcome ? *outcome : Result<void>(make_error(Code::kInternal, "the loop ended by itself"));
}

}  // namespace skein::node
