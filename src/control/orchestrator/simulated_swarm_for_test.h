// A swarm in virtual time for tests: a store, nodes that run tasks as they are told, and a scheduler that takes any
// node that fits. The orchestrator is called as in a manager: after changes, and when it asked to be.
//
// It checks at every call that a second one changes nothing, and that no desired state moves back; and, where single
// places are looked at because nothing else has changed, that a look at the whole service finds nothing more to do.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "control/orchestrator/place/service_places.h"
#include "control/orchestrator/reconcile.h"

namespace skein::control {

// How one task goes on its node.
struct Fate {
  Duration starts_after = std::chrono::milliseconds(200);
  Duration stops_after = std::chrono::milliseconds(200);
  std::optional<Duration> runs_for;  // none: until it is stopped
  bool succeeds = false;             // when it ends on its own
  bool is_rejected = false;          // does not even start
};

api::Service replicated_service(const std::string& id, uint64_t replicas, const std::string& image = "v1");
api::Service global_service(const std::string& id, const std::string& image = "v1");

class SimulatedSwarm {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds(100);

  explicit SimulatedSwarm(int nodes = 3, uint64_t seed = 1);  // "n1", "n2", …

  void change(const std::function<void(store::Transaction&)>& decide);
  void change_node(const std::string& id, const std::function<void(api::Node&)>& decide);
  void set_availability(const std::string& id, api::Availability availability);
  void set_node_state(const std::string& id, api::NodeStatus::State state);
  void remove_node(const std::string& id);

  // What the API does to services.
  void create(api::Service service);
  void update(const std::string& id, const std::function<void(api::ServiceSpec&)>& decide);
  void roll_back(const std::string& id);
  void remove(const std::string& id);

  // Lets time pass, tick by tick; `after_tick` may look.
  void run(Duration duration);
  // Calls the orchestrator for every service now, without letting anything happen.
  void reconcile();

  const api::Service& service(const std::string& id) const;
  std::vector<store::Ref<api::Task>> tasks(const std::string& service_id) const;  // oldest first
  std::vector<store::Ref<api::Task>> wanted(const std::string& service_id) const;
  std::vector<store::Ref<api::Task>> running(const std::string& service_id) const;  // also unwanted ones
  std::set<std::string> images_running(const std::string& service_id) const;
  store::Ref<api::Task> task_at(const std::string& service_id, uint64_t slot) const;  // the newest wanted, or null
  void report(const std::string& task_id, api::TaskState state);                      // as its node

  store::Tables tables;
  WallTime now{1'800'000'000'000'000'000};
  SeededRandom random;
  std::function<Fate(const api::Task&)> fate = [](const api::Task&) { return Fate{}; };
  std::function<void()> after_tick = [] {};
  bool reaps = true;
  int place_looks = 0;  // at services of which nothing but single places had changed

 private:
  void note(const store::Changes& changes);
  // False if the service is to be looked at as a whole.
  bool reconcile_places(const std::string& service_id, std::optional<WallTime>& first);
  void reconcile(const std::string& service_id, bool is_due = false);
  void schedule();
  void step_nodes();
  void step_task(const api::Task& task);
  Duration age_in_state(const api::Task& task) const;

  uint64_t index_ = 0;
  bool dirty_ = false;
  std::set<std::string> services_;  // removed ones too
  std::map<std::string, WallTime> next_look_;
  std::set<std::string> changed_services_;
  std::set<std::pair<std::string, Place>> changed_places_;
  std::map<std::string, WallTime> stop_began_;
};

}  // namespace skein::control
