// Keeps the containers of users: what is known of them beyond the engine, and their endpoints in step with what runs.
//
// create → house and body; start → endpoints, then the engine's start; exit → endpoints go, unless its restart policy
// starts the container again soon; removal → the house goes; the daemon's start → what runs keeps its endpoints, what
// does not loses them, and restart policies start their containers (life_step.h has the order, life.h does the steps;
// restart_policy.h says why the policies are ours). Containers of swarm tasks
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
#include "containers/life/back_off.h"
#include "containers/life/exit_waits.h"
#include "containers/life/life.h"
#include "containers/life/life_notes.h"
#include "containers/life/revival.h"
#include "containers/life/turns.h"
#include "engine/engine.h"
#include "io/loop/task_scope.h"

namespace skein::containers {

// How long what may still come is waited for.
struct Patience {
  Duration for_code = std::chrono::seconds(1);        // of a run that has ended
  Duration for_come_back = std::chrono::seconds(15);  // after an exit: as long endpoints are kept for the next run
  Duration for_news = std::chrono::seconds(2);        // of an end, after the engine's answer to a stop
  // Between attempts; the engine, or the manager of a container's network, may be away for long.
  Duration between_tries_min = std::chrono::seconds(1);
  Duration between_tries_max = std::chrono::seconds(30);
  BackOff between_runs = {};  // by a restart policy
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
  // From its next end on. kUnimplemented for a container whose policy is the engine's.
  Result<void> set_policy(const nlohmann::json& container, RestartPolicy policy);
  // For who waits for its end.
  boost::asio::awaitable<std::shared_ptr<ExitWaits::Ticket>> join(std::string id, WaitFor condition);

  // ---- what is known
  // Null for one that has no network of its own.
  const House* house(const std::string& id, const nlohmann::json& labels);
  // When its last run was found to be over, if nobody saw how.
  std::optional<WallTime> lost_at(const std::string& id) const { return notes_.of(id).lost_at; }
  // A start or restart is in progress.
  bool is_busy(const std::string& id) const { return busy_.contains(id); }
  // It is to run again without anybody's asking, as after the daemon's start; or that is being found out.
  bool may_come_back(const std::string& id) const {
    return coming_.contains(id) || deciding_.contains(id) || exited_while_busy_.contains(id);
  }
  // It waits for its restart by its policy, after this end; null if not.
  const RunEnd* restarting_after(const std::string& id) const;
  // As a user set it.
  RestartPolicy policy(const nlohmann::json& container) const {
    return policy_of(container, notes_.of(engine::text_of(container, "Id")));
  }
  int restarts(const std::string& id) const { return notes_.of(id).restarts; }
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
  // A container that is to run again without anybody's asking.
  struct Comeback {
    explicit Comeback(boost::asio::io_context& loop) : pause(loop) {}
    bool is_to_start = true;      // else only attached: it runs
    bool is_starting = false;     // the engine is being asked
    bool was_started = false;     // it has said yes
    std::optional<RunEnd> after;  // by its policy, after an end that was seen
    io::Timer pause;              // until the next attempt
  };
  using Coming = std::shared_ptr<Comeback>;
  // What is known of an exit when it is looked at.
  struct SeenExit {
    std::string id;
    std::optional<RunEnd> end;  // none: told again, or found
  };

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
  boost::asio::awaitable<void> after_exit(SeenExit exit);
  boost::asio::awaitable<std::optional<nlohmann::json>> look_until_answered(std::string id);
  bool restart_by_policy(const nlohmann::json& container, const RunEnd& end);
  boost::asio::awaitable<void> reconcile();
  boost::asio::awaitable<void> revive_all(nlohmann::json listed);
  void decide_revival(const std::string& id, const nlohmann::json& container);
  void after_start(const std::string& id);
  void bring_back(const std::string& id, const Coming& coming);
  Coming new_comeback() { return std::make_shared<Comeback>(loop_); }
  // What was to come back does not. Null if nothing was.
  Coming call_off(const std::string& id);
  bool is_wanted(const std::string& id, const Coming& coming) const;
  // The same by the user; returns when the start that is under way, if one is, has an outcome.
  boost::asio::awaitable<Coming> call_off_for_good(std::string id);
  boost::asio::awaitable<void> keep_reviving(std::string id, Coming coming);
  boost::asio::awaitable<Result<void>> revive(std::string id, Coming coming);
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
  std::map<std::string, SeenExit> exited_while_busy_;
  std::map<std::string, Coming> coming_;
  std::set<std::string> deciding_;          // those that have ended, until it is known what follows
  std::map<std::string, Duration> pauses_;  // the last before a restart by policy
  bool is_reconciling_ = false;
  std::map<std::string, std::string> old_names_;
  std::map<std::string, Turns> turns_;
  std::set<std::string> auto_removed_;  // made by this daemon; the others the engine removes, some time later
};

}  // namespace skein::containers
