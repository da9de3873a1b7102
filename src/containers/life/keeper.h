// Keeps the containers of users: what is known of them beyond the engine, and their endpoints in step with what runs.
//
// create → house and body; start → endpoints, then the engine's start; exit → endpoints go unless the container starts
// again; removal → the house goes; the daemon's start → what runs keeps its endpoints, what does not loses them, and
// restart policies start their containers (life_step.h has the order, life.h does the steps). Containers of swarm tasks
// (label com.docker.swarm.task.id) are known here, but led by the agent. Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "containers/facts/container_json.h"
#include "containers/health/run_checks.h"
#include "containers/housing/housing.h"
#include "containers/life/exit_waits.h"
#include "containers/life/life.h"
#include "containers/life/life_notes.h"
#include "containers/life/turns.h"
#include "engine/engine.h"
#include "io/loop/task_scope.h"

namespace skein::containers {

// How long what may still come is waited for.
struct Patience {
  Duration for_code = std::chrono::seconds(1);        // of a run that has ended
  Duration for_come_back = std::chrono::seconds(15);  // after an exit, by a restart policy of the engine's
  Duration for_news = std::chrono::seconds(2);        // of an end, after the engine's answer to a stop
  // Between attempts; the engine, or the manager of a container's network, may be away for long.
  Duration between_tries_min = std::chrono::seconds(1);
  Duration between_tries_max = std::chrono::seconds(30);
};

struct KeeperOptions {
  HousingOptions housing = {};
  std::string notes_path = "/var/lib/skein/containers/lives.json";
  Patience patience = {};
};

// `id` is empty where nobody here knows the network; `name` is then what the user wrote.
struct NetworkName {
  std::string name;
  std::string id = {};
  std::optional<Error> refusal = {};  // for what does not run; else who attaches it knows more
};

// What users called by its id is known by its name once the container was on it.
void take_over_names(std::vector<engine::WantedNetwork>& networks,
                     const std::vector<overlay::EndpointStatus>& endpoints);

// Conditions of POST /containers/{id}/wait.
enum class WaitFor : uint8_t { kNotRunning, kNextExit, kRemoval };

class Keeper {
 public:
  // What makes the engine do what the user asks; an error if it did not.
  using Act = std::function<boost::asio::awaitable<Result<void>>()>;

  // What nobody waits for runs in `tasks`, whose owner ends it before us; requests are ended by who serves them.
  Keeper(boost::asio::io_context& loop, io::TaskScope& tasks, engine::Engine& engine,
         overlay::ContainerNetworks& networks, HealthBoard& health, Clock& clock, Random& random,
         KeeperOptions options);
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // Learns what exists, and forgets what ended or was removed while the daemon was away; what its restart policy brings
  // back follows. After the engine is up.
  boost::asio::awaitable<Result<void>> start_up();
  // To be given to Engine::observe.
  engine::Observer observer();

  // ---- what users ask for. `container`: its inspection. Errors in Docker's words.
  // `body`: of POST /containers/create.
  boost::asio::awaitable<Result<engine::CreatedContainer>> create(std::string name, nlohmann::json body);
  boost::asio::awaitable<Result<void>> start(nlohmann::json container, Act act);
  boost::asio::awaitable<Result<void>> stop(nlohmann::json container, Act act);
  // `signal`: as the user wrote it.
  boost::asio::awaitable<Result<void>> kill(nlohmann::json container, std::string signal, Act act);
  boost::asio::awaitable<Result<void>> restart(nlohmann::json container, Act act);
  boost::asio::awaitable<Result<void>> rename(ContainerIdentity identity, std::string name, Act act);
  boost::asio::awaitable<Result<void>> remove(std::string id, Act act);
  // `docker network connect / disconnect`. `container`: name or id; `settings`: EndpointSettings. What does not run is
  // on its networks from its next start on.
  boost::asio::awaitable<Result<void>> connect(std::string container, NetworkName network, nlohmann::json settings);
  boost::asio::awaitable<Result<void>> disconnect(std::string container, NetworkName network);
  // `docker rm --link web/db`: the container does not find the other one by this alias any more. kNotFound if it has no
  // such link.
  boost::asio::awaitable<Result<void>> unlink(std::string container, std::string alias);
  // For who waits for its end.
  boost::asio::awaitable<std::shared_ptr<ExitWaits::Ticket>> join(std::string id, WaitFor condition);

  // ---- what is known
  // Null for one that has no network of its own.
  const House* house(const std::string& id, const nlohmann::json& labels);
  // When its last run was found to be over, if nobody saw how.
  std::optional<WallTime> lost_at(const std::string& id) const { return notes_.of(id).lost_at; }
  // A start or restart is in progress.
  bool is_busy(const std::string& id) const { return busy_.contains(id); }
  // It comes back by its restart policy, and is being started.
  bool is_reviving(const std::string& id) const { return reviving_.contains(id); }
  // The name before a rename whose event has not come yet; forgotten then.
  std::optional<std::string> take_old_name(const std::string& id);
  // Names and ids of the networks that containers are to be on: they need them when they start again.
  std::set<std::string> wanted_networks() const;
  const Housing& housing() const { return housing_; }

 private:
  struct Known {
    House house;
    bool is_task = false;
  };
  // Counts the starts and restarts of a container that are in progress, during which its exits say nothing.
  class Busy;

  Known* learn(const std::string& id, const nlohmann::json& labels);
  void forget(const std::string& id);
  Resident resident_of(const std::string& id, const nlohmann::json& container);
  LifePlan plan_of(const nlohmann::json& container, Act start = nullptr);
  boost::asio::awaitable<Result<void>> lead(std::string id, nlohmann::json container, Wanted wanted, Act start);
  void end_networks(const std::string& id);
  // Of those that are there and run.
  boost::asio::awaitable<std::vector<engine::HostEntry>> find_links(House house);
  boost::asio::awaitable<Result<void>> share_files(nlohmann::json& body, std::string other);
  // Docker stops and kills what is paused; the engine does not.
  boost::asio::awaitable<Result<void>> thaw(nlohmann::json container);
  boost::asio::awaitable<void> settle(std::string id, std::shared_ptr<ExitWaits::Ticket> ticket, bool ends_with_exit);
  boost::asio::awaitable<void> wait_for_news(std::shared_ptr<ExitWaits::Ticket> ended);
  boost::asio::awaitable<void> after_exit(std::string id);
  boost::asio::awaitable<void> reconcile();
  boost::asio::awaitable<void> revive_all(nlohmann::json listed);
  void decide_revival(const std::string& id, const nlohmann::json& container);
  void after_start(const std::string& id);
  void bring_back(const std::string& id, bool is_to_start);
  boost::asio::awaitable<void> keep_reviving(std::string id);
  boost::asio::awaitable<Result<void>> revive(std::string id);
  boost::asio::awaitable<bool> remove_ended(std::string id);
  boost::asio::awaitable<void> delete_after_failed_start(std::string id);
  // Starts and changes of one container's networks, one after the other.
  boost::asio::awaitable<Turns::Ticket> turn_of(std::string id);

  boost::asio::io_context& loop_;
  io::TaskScope& tasks_;
  engine::Engine& engine_;
  overlay::ContainerNetworks& networks_;
  RunChecks checks_;
  Clock& clock_;
  Patience patience_;
  Housing housing_;
  LifeNotes notes_;
  Turns starts_;  // of containers that come back
  ExitWaits waits_;
  std::map<std::string, Known> known_;
  std::map<std::string, int> busy_;
  std::set<std::string> exited_while_busy_;
  std::map<std::string, bool> reviving_;  // container → whether it is to be started, or only attached
  bool is_reconciling_ = false;
  std::map<std::string, std::string> old_names_;
  std::map<std::string, Turns> turns_;
  std::set<std::string> auto_removed_;  // made by this daemon; the others the engine removes, some time later
};

}  // namespace skein::containers
