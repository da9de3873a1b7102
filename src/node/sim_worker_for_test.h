// A host of a simulated swarm: the real networking of its daemon, and containers that start, end and are killed as
// told, in virtual time. Stands in for the runner of tasks, which has tests of its own. For tests only.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/cluster_for_test.h"
#include "agent/task_container.h"
#include "agent/task_networking.h"
#include "agent/task_set.h"

namespace skein::node {

namespace api = model::api;
using namespace std::chrono_literals;

class SimWorker {
 public:
  SimWorker(agent::Cluster& cluster, size_t host, Random& random) : cluster_(cluster), host_(host), random_(random) {}

  bool is_up() const { return is_up_; }

  // ---- faults
  // Of the daemon alone; the containers go on.
  void kill_daemon() {
    is_up_ = false;
    cluster_.kill(host_);
    for (const auto& [task, run] : runs_)
      if (run.phase == Phase::kAttaching) unfinished_.insert(run.container);
    runs_.clear();
    tasks_ = {};
    is_told_ = false;
  }
  // Of the whole host; its containers are gone.
  void crash() {
    kill_daemon();
    dead_.insert(alive_.begin(), alive_.end());
    alive_.clear();
  }
  void start_daemon() {
    cluster_.restart(host_);
    is_up_ = true;
    for (const auto& [task, container] : dead_) unfinished_.insert(container);
    for (const auto& container : std::exchange(unfinished_, {})) manager().forget(container, path_of(container));
    for (const auto& [task, container] : alive_) runs_[task] = {Phase::kRunning, now(), container, {}};
    for (const auto& [task, container] : dead_) fail(task);
    dead_.clear();
  }
  // A container's process ends by itself. False when there is none.
  bool kill_container() {
    if (!is_up_ || alive_.empty()) return false;
    auto victim = std::next(alive_.begin(), static_cast<long>(random_.below(alive_.size())));
    const auto [task, container] = *victim;
    end_container(task);
    fail(task);
    return true;
  }

  // ---- the session
  void take(const api::AssignmentsMessage& message) {
    SKEIN_ASSERT(tasks_.apply(message).ok());
    is_told_ = true;
  }
  void session_began() {
    tasks_.begin_stream();
    unreported_ = statuses_;
  }
  std::map<std::string, api::TaskStatus> take_reports() { return std::exchange(unreported_, {}); }

  // ---- time
  void step() {
    if (!is_up_ || !is_told_) return;
    for (const auto& [id, task] : tasks_.tasks())
      if (!runs_.contains(id) && !statuses_.contains(id))
        runs_[id] = {Phase::kPulling, now() + milliseconds(20, 300), random_.hex(64), {}};
    for (auto& [id, run] : runs_) advance(id, run);
    std::erase_if(runs_, [](const auto& entry) { return entry.second.phase == Phase::kEnded; });
    std::erase_if(statuses_, [&](const auto& entry) { return tasks_.find(entry.first) == nullptr; });
  }

 private:
  enum class Phase { kPulling, kAttaching, kRunning, kDraining, kStopping, kEnded };
  struct Run {
    Phase phase = Phase::kPulling;
    TimePoint due{0};
    std::string container;
    std::shared_ptr<bool> is_over;
  };

  agent::NetworkManager& manager() { return *cluster_.hosts[host_]->manager; }
  TimePoint now() const { return cluster_.net.now(); }
  Duration milliseconds(uint64_t least, uint64_t most) {
    return std::chrono::milliseconds(least + random_.below(most - least));
  }
  static std::string path_of(const std::string& container) { return "/run/skein/netns/" + container; }

  void report(const std::string& task, api::TaskState state) {
    api::TaskStatus status;
    status.set_state(state);
    statuses_[task] = unreported_[task] = status;
  }
  void fail(const std::string& task) {
    report(task, api::FAILED_);
    if (auto run = runs_.find(task); run != runs_.end()) run->second.phase = Phase::kEnded;
  }
  void end_container(const std::string& task) {
    const std::string container = alive_.at(task);
    alive_.erase(task);
    manager().detach(container);
    manager().forget(container, path_of(container));
  }

  void advance(const std::string& id, Run& run) {
    const api::Task* task = tasks_.find(id);
    const bool is_wanted = task != nullptr && task->desired_state() <= api::RUNNING;
    switch (run.phase) {
      case Phase::kPulling:
        if (!is_wanted) return end(id, run);
        if (now() < run.due || task->desired_state() != api::RUNNING) return;
        run.is_over = cluster_.begin_attaching(host_, request_for(*task, run.container));
        run.phase = Phase::kAttaching;
        return;
      case Phase::kAttaching:
        if (!*run.is_over) return;
        alive_[id] = run.container;
        run.phase = Phase::kRunning;
        manager().set_serving(run.container, agent::Serving::kServing);
        return report(id, api::RUNNING);
      case Phase::kRunning:
        if (is_wanted) return;
        manager().set_serving(run.container, agent::Serving::kDraining);
        run.is_over = cluster_.hosts[host_]->wait_for_drain(run.container, 5s);
        run.phase = Phase::kDraining;
        return;
      case Phase::kDraining:
        if (!*run.is_over) return;
        run.due = now() + milliseconds(0, 200);
        run.phase = Phase::kStopping;
        return;
      case Phase::kStopping:
        if (now() < run.due) return;
        end_container(id);
        return end(id, run);
      case Phase::kEnded: return;
    }
  }
  void end(const std::string& id, Run& run) {
    run.phase = Phase::kEnded;
    if (tasks_.find(id) != nullptr) report(id, api::SHUTDOWN);
  }
  static agent::ContainerNetworkRequest request_for(const api::Task& task, const std::string& container) {
    auto request = agent::task_network_request(task, {});
    SKEIN_ASSERT(request.ok());
    request->container_id = container;
    request->container_name = model::name_of(task) + "." + std::to_string(task.slot()) + "." + task.id();
    request->hostname = container.substr(0, 12);
    return *request;
  }

  agent::Cluster& cluster_;
  size_t host_;
  Random& random_;
  bool is_up_ = true;
  bool is_told_ = false;  // of everything assigned, since the daemon began
  agent::TaskSet tasks_;
  std::map<std::string, Run> runs_;   // of this life of the daemon, by task
  std::set<std::string> unfinished_;  // containers that were about to start, or have ended, when the daemon was killed
  std::map<std::string, std::string> alive_, dead_;  // containers by task, as the engine knows them
  std::map<std::string, api::TaskStatus> statuses_, unreported_;
};

}  // namespace skein::node
