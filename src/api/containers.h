// Containers as Docker shows them: their life on the engine, their endpoints on ContainerNetworks.
//
// create → namespace, then the engine's container in it; start → endpoints, then the engine's start; exit → endpoints
// go unless the container starts again; removal → namespace and files go. Containers of swarm tasks (label
// com.docker.swarm.task.id) are shown, but their endpoints and health checks are the agent's. Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <set>

#include "agent/container_networks.h"
#include "agent/run_checks.h"
#include "api/exit_waits.h"
#include "api/failed_starts.h"
#include "api/passing.h"
#include "api/present.h"
#include "base/random.h"
#include "engine/engine.h"
#include "engine/networking_record.h"
#include "io/http/router.h"

namespace skein::api {

struct ContainersOptions {
  std::string files_folder = "/var/lib/skein/containers/files";  // <key>/{hosts,resolv.conf,state.json}
  std::string resolv_conf = "/etc/resolv.conf";
};

class Containers {
 public:
  Containers(boost::asio::io_context& loop, engine::Engine& engine, agent::ContainerNetworks& networks,
             agent::HealthBoard& health, Clock& clock, Random& random, ContainersOptions options);

  // Learns what exists, and forgets what was removed while the daemon was away. After the engine is up.
  boost::asio::awaitable<Result<void>> start_up();
  // To be given to Engine::observe.
  engine::Observer observer();

  void add_routes(io::http::Router& router);

  // `docker network connect / disconnect`, for the networks API. `container`: name or id; `settings`: EndpointSettings.
  // A stopped container is kFailedPrecondition.
  boost::asio::awaitable<Result<void>> connect(std::string container, std::string network, nlohmann::json settings);
  boost::asio::awaitable<Result<void>> disconnect(std::string container, std::string network, bool is_forced);

  // Names or ids of the networks that containers were made for: they need them when they start again.
  std::set<std::string> wanted_networks() const;

 private:
  using Response = io::http::Response;
  using Request = io::http::Request;

  // What we know of a container beyond the engine.
  struct Known {
    engine::NetworkingRecord record;
    std::string netns_path;
    AssignedPorts assigned;
    bool is_task = false;
  };
  // Container → number of starts and restarts in progress, during which an exit says nothing.
  class Busy;

  boost::asio::awaitable<Response> create(Request& request);
  boost::asio::awaitable<Response> start(Request& request);
  boost::asio::awaitable<Response> stop(Request& request);
  boost::asio::awaitable<Response> restart(Request& request);
  boost::asio::awaitable<Response> remove(Request& request);
  boost::asio::awaitable<Response> inspect(Request& request);
  boost::asio::awaitable<Response> list(Request& request);
  boost::asio::awaitable<Response> wait(Request& request);
  boost::asio::awaitable<Response> start_exec(Request& request);
  boost::asio::awaitable<Response> attach(Request& request);
  boost::asio::awaitable<Response> prune(Request& request);
  void add_passing_routes(io::http::Router& router);

  boost::asio::awaitable<Result<void>> attach_networks(const nlohmann::json& container);
  boost::asio::awaitable<void> settle(std::string id, std::shared_ptr<ExitWaits::Ticket> ticket, bool ends_with_exit);
  boost::asio::awaitable<void> after_exit(std::string id);
  boost::asio::awaitable<void> delete_after_failed_start(std::string id);
  Result<void> write_files(Known& known, const std::string& id, const std::vector<engine::HostEntry>& own);
  Known* learn(const std::string& id, const nlohmann::json& labels);
  void forget(const std::string& id);
  NetworkingState state_of(const std::string& id) const;
  std::string folder_of(const std::string& key) const { return options_.files_folder + "/" + key; }

  boost::asio::io_context& loop_;
  engine::Engine& engine_;
  agent::ContainerNetworks& networks_;
  agent::HealthBoard& health_;
  agent::RunChecks checks_;
  Random& random_;
  ContainersOptions options_;
  ExitWaits waits_;
  FailedStarts failed_starts_;
  std::map<std::string, Known> known_;
  std::map<std::string, int> busy_;
};

}  // namespace skein::api
