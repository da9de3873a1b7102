// Containers as Docker shows them: their life on the engine, their endpoints on ContainerNetworks.
//
// create → namespace, then the engine's container in it; start → endpoints, then the engine's start; exit → endpoints
// go unless the container starts again; removal → namespace and files go; the daemon's start → what runs keeps its
// endpoints, what does not loses them, and restart policies start their containers. Containers of swarm tasks (label
// com.docker.swarm.task.id) are shown, but their endpoints and health checks are the agent's. Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <set>

#include "agent/container/slots.h"
#include "agent/tasks/run_checks.h"
#include "api/containers/life/exit_waits.h"
#include "api/containers/life/failed_starts.h"
#include "api/containers/life/life_notes.h"
#include "api/containers/show/container_states.h"
#include "api/containers/show/present.h"
#include "api/replies/passing.h"
#include "base/random.h"
#include "engine/engine.h"
#include "engine/networking_record.h"
#include "io/http/router.h"
#include "io/loop/task_scope.h"
#include "overlay/endpoints/container_networks.h"

namespace skein::api {

// How long what may still come is waited for.
struct ContainerPatience {
  Duration for_code = std::chrono::seconds(1);        // of a run that has ended
  Duration for_come_back = std::chrono::seconds(15);  // after an exit, by a restart policy of the engine's
  // Between attempts; the engine, or the manager of a container's network, may be away for long.
  Duration between_tries_min = std::chrono::seconds(1);
  Duration between_tries_max = std::chrono::seconds(30);
};

struct ContainersOptions {
  std::string files_folder = "/var/lib/skein/containers/files";  // <key>/{hosts,resolv.conf,state.json}
  std::string secrets_folder = "/run/skein/secrets";             // of tasks
  std::string resolv_conf = "/etc/resolv.conf";
  std::string notes_path = "/var/lib/skein/containers/lives.json";
  ContainerPatience patience = {};
};

// `id` is empty where nobody here knows the network; `name` is then what the user wrote.
struct NetworkName {
  std::string name;
  std::string id = {};
  std::optional<Error> refusal = {};  // for what does not run; else who attaches it knows more
};

class Containers {
 public:
  // What nobody waits for runs in `tasks`, whose owner ends it before us; requests are ended by who serves them.
  Containers(boost::asio::io_context& loop, io::TaskScope& tasks, engine::Engine& engine,
             overlay::ContainerNetworks& networks, agent::HealthBoard& health, Clock& clock, Random& random,
             ContainersOptions options);
  Containers(const Containers&) = delete;
  Containers& operator=(const Containers&) = delete;

  // Learns what exists, and forgets what ended or was removed while the daemon was away; what its restart policy brings
  // back follows. After the engine is up.
  boost::asio::awaitable<Result<void>> start_up();
  // To be given to Engine::observe.
  engine::Observer observer();
  // Adds what only we know of the engine's event: the old name of a container that was renamed.
  void complete(nlohmann::json& event);

  void add_routes(io::http::Router& router);

  // `docker network connect / disconnect`, for the networks API. `container`: name or id; `settings`: EndpointSettings.
  // What does not run is on its networks from its next start on.
  boost::asio::awaitable<Result<void>> connect(std::string container, NetworkName network, nlohmann::json settings);
  boost::asio::awaitable<Result<void>> disconnect(std::string container, NetworkName network);

  // As GET /containers/json?all=1&size=1 answers.
  boost::asio::awaitable<io::http::Response> all_with_sizes(io::http::ApiVersion version);
  // Names and ids of the networks that containers are to be on: they need them when they start again.
  std::set<std::string> wanted_networks() const;

 private:
  using Response = io::http::Response;
  using Request = io::http::Request;

  // What we know of a container beyond the engine.
  struct Known {
    engine::NetworkingRecord record;
    overlay::ContainerState state;
    bool is_task = false;
  };
  // Container → number of starts and restarts in progress, during which an exit says nothing.
  class Busy;

  boost::asio::awaitable<Response> create(Request& request);
  boost::asio::awaitable<Response> start(Request& request);
  boost::asio::awaitable<Response> stop(Request& request);
  boost::asio::awaitable<Response> kill(Request& request);
  boost::asio::awaitable<Response> restart(Request& request);
  boost::asio::awaitable<Response> rename(Request& request);
  boost::asio::awaitable<Response> resize(Request& request);
  boost::asio::awaitable<Response> create_exec(Request& request);
  boost::asio::awaitable<Response> logs(Request& request);
  boost::asio::awaitable<Response> top(Request& request);
  struct Removal {
    bool takes_volumes = false;  // those without a name
    bool is_forced = false;
  };
  boost::asio::awaitable<Response> remove(Request& request);
  boost::asio::awaitable<Response> remove_found(std::string id, std::string name, Removal removal);
  boost::asio::awaitable<Response> inspect(Request& request);
  boost::asio::awaitable<Response> list(Request& request);
  boost::asio::awaitable<Response> wait(Request& request);
  boost::asio::awaitable<Response> start_exec(Request& request);
  boost::asio::awaitable<Response> resize_exec(Request& request);
  boost::asio::awaitable<Response> attach(Request& request);
  boost::asio::awaitable<Response> update(Request& request);
  boost::asio::awaitable<Response> prune(Request& request);
  boost::asio::awaitable<Response> stats(Request& request);
  void add_passing_routes(io::http::Router& router);

  // Passes the request on if the container's state allows it.
  boost::asio::awaitable<Response> pass_verb(Request& request, Verb verb);
  // Docker stops and kills what is paused; the engine does not.
  boost::asio::awaitable<Result<void>> thaw(const nlohmann::json& container);
  boost::asio::awaitable<void> put_networks(nlohmann::json& stats, std::string id, std::shared_ptr<pid_t> process);
  // The endpoints of a container that is about to start.
  boost::asio::awaitable<Result<void>> attach_networks(const nlohmann::json& container);
  boost::asio::awaitable<void> settle(std::string id, std::shared_ptr<ExitWaits::Ticket> ticket, bool ends_with_exit);
  boost::asio::awaitable<void> after_exit(std::string id);
  void tidy_files(const std::set<std::string>& keys);
  boost::asio::awaitable<void> reconcile();
  boost::asio::awaitable<void> revive_all(nlohmann::json listed);
  void decide_revival(const std::string& id, const nlohmann::json& container);
  void after_start(const std::string& id);
  void bring_back(const std::string& id, bool is_to_start);
  boost::asio::awaitable<void> keep_reviving(std::string id);
  boost::asio::awaitable<Result<void>> revive(std::string id);
  boost::asio::awaitable<Result<void>> start_revived(std::string id, nlohmann::json container);
  boost::asio::awaitable<bool> remove_ended(std::string id);
  boost::asio::awaitable<void> delete_after_failed_start(std::string id);
  // The state, and the files in the container that follow its networks.
  Result<void> write_files(const Known& known, io::Durability durability);
  // Starts and changes of one container's networks, one after the other.
  boost::asio::awaitable<agent::Slots::Ticket> turn_of(std::string id);
  Known* learn(const std::string& id, const nlohmann::json& labels);
  // What Docker's containers share with the one whose network they join.
  boost::asio::awaitable<Result<void>> share_files(nlohmann::json& spec, std::string other);
  void forget(const std::string& id);
  NetworkingState state_of(const std::string& id) const;
  std::string folder_of(const std::string& key) const { return options_.files_folder + "/" + key; }

  boost::asio::io_context& loop_;
  io::TaskScope& tasks_;
  engine::Engine& engine_;
  overlay::ContainerNetworks& networks_;
  agent::HealthBoard& health_;
  agent::RunChecks checks_;
  Clock& clock_;
  Random& random_;
  ContainersOptions options_;
  LifeNotes notes_;
  agent::Slots starts_;  // of containers that come back
  ExitWaits waits_;
  FailedStarts failed_starts_;
  std::map<std::string, Known> known_;
  std::map<std::string, int> busy_;
  std::set<std::string> exited_while_busy_;
  std::map<std::string, bool> reviving_;  // container → whether it is to be started, or only attached
  bool is_reconciling_ = false;
  std::map<std::string, std::string> old_names_;  // of renames whose event has not come
  std::map<std::string, agent::Slots> turns_;
  std::set<std::string> auto_removed_;  // made by this daemon; the others the engine removes, some time later
};

}  // namespace skein::api
