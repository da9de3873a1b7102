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
#include "node/daemon.h"

#include "api/metrics/metrics_routes.h"
#include "api/networks/network_events.h"
#include "api/networks/network_routes.h"
#include "api/swarm/swarm_events.h"
#include "api/swarm/swarm_routes.h"
#include "base/log.h"
#include "node/daemon_id.h"
#include "node/version.h"

namespace skein::node {

namespace asio = boost::asio;

// Subnets of the host's own interfaces, which local networks must not take.
std::vector<control::HostPrefix> Daemon::own_prefixes() const {
  std::vector<control::HostPrefix> out;
  for (const auto& interface : doors_.addresses.interfaces())
    if (!interface.address.is_v6)
      out.push_back({interface.name, InterfaceAddress{interface.address.v4, interface.prefix_bits}.subnet()});
  return out;
}

asio::awaitable<Result<void>> Daemon::open_networks() {
  SKEIN_CO_TRY_ASSIGN(id_, keep_daemon_id(doors_.root_directory + "/engine-id", doors_.random));
  SKEIN_CO_TRY_ASSIGN(auto journal, doors_.open_journal(doors_.root_directory + "/local.db"));
  local_store_.emplace(doors_.loop.get_executor(), std::move(journal), doors_.clock);
  SKEIN_CO_TRY(co_await local_store_->open());
  SKEIN_CO_TRY_ASSIGN(local_networks_,
                      co_await overlay::LocalNetworks::open(*local_store_, doors_.random, own_prefixes()));
  // The kernel: adopted as it is, then brought in line.
  SKEIN_CO_TRY_ASSIGN(overlay::HostNetwork * host, doors_.open_network());
  networks_.emplace(doors_.loop, doors_.root_directory, doors_.random, *local_networks_, *host, doors_.clock);
  co_return Result<void>();
}

void Daemon::make_node() {
  tasks_.housing.files_folder = doors_.root_directory + "/containers/files";
  tasks_.volatile_root = doors_.volatile_root;
  node_.emplace(NodeParts{doors_.loop, *local_networks_, *networks_, doors_.engine, health_, doors_.transport,
                          doors_.gossip, doors_.addresses, doors_.open_journal, doors_.clock, doors_.random,
                          doors_.root_directory + "/swarm", kVersion, doors_.engine_settings, tasks_,
                          doors_.key_rotation_period});
}

void Daemon::make_api() {
  api_.emplace(api::ApiParts{doors_.loop,
                             doors_.engine,
                             *networks_,
                             health_,
                             doors_.clock,
                             doors_.random,
                             {tasks_.housing, doors_.root_directory + "/containers/lives.json"},
                             tasks_.volatile_root.folder,
                             {[this] { return api::swarm_info(*node_); },
                              {id_, kVersion, doors_.root_directory, networks_->encryption_backend().text()},
                              &doors_.engine_settings}},
               router_);
  node_->observe([this](const store::Changes& changes) {
    for (auto& event : api::swarm_events(changes, doors_.clock.wall())) api_->events().publish(std::move(event));
  });
  api::add_swarm_routes(router_, *node_);
  networks_->observe_endpoints([this](const overlay::Endpoint& endpoint, bool is_there) {
    api_->endpoint_events().changed(endpoint, is_there);
  });
  api::add_network_routes(router_, *node_, api_->keeper(), api_->events(), doors_.clock);
  api::add_metrics_routes(metrics_router_, {*node_, doors_.engine, kVersion});
}

void Daemon::configure(model::EngineSettings settings) {
  doors_.engine_settings = std::move(settings);
  if (node_ && node_->agent()) node_->agent()->describe_anew();
}

asio::awaitable<Result<void>> Daemon::start() {
  SKEIN_CO_TRY(co_await open_networks());
  make_node();
  make_api();
  // The swarm first: endpoints that are restored need its tables.
  co_await node_->resume();
  if (auto restored = networks_->restore(); !restored.ok())
    log_warning("network-not-restored", {{"why", restored.error().text()}});
  SKEIN_CO_TRY(co_await doors_.start_engine());
  SKEIN_CO_TRY(co_await api_->start_up());
  node_->run_tasks();  // whose files the API has tidied
  co_return Result<void>();
}

// Each while what it uses is still there.
asio::awaitable<void> Daemon::close() {
  co_await api_->close();
  co_await node_->close();
  co_await networks_->close();
  co_await doors_.engine.close();
}

}  // namespace skein::node
