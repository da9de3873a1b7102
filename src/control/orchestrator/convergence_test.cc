// Whatever users, nodes and failures did: when they stop, what runs is what the specs say.
#include <gtest/gtest.h>

#include <algorithm>

#include "control/orchestrator/place/update_rules.h"
#include "control/orchestrator/place/update_status.h"
#include "control/orchestrator/simulated_swarm_for_test.h"

namespace skein::control {
namespace {

using namespace std::chrono_literals;

constexpr int kNodes = 4;
constexpr int kSteps = 40;

// A calm swarm has no lost nodes and updates stop-first: there a slot never runs twice, not even for a moment.
class Chaos {
 public:
  Chaos(uint64_t seed, bool is_calm) : dice_(seed), is_calm_(is_calm), swarm_(kNodes, seed + 1000) {
    swarm_.fate = [this](const api::Task& task) { return fate_of(task); };
    swarm_.after_tick = [this] { check_slots(); };
  }

  void run() {
    for (const char* id : {"a", "b"}) swarm_.create(configured(replicated_service(id, 1 + dice_.below(5))));
    swarm_.create(configured(global_service("g")));
    swarm_.create(configured(job()));
    for (int step = 0; step < kSteps; ++step) {
      disturb();
      swarm_.run(Duration(int64_t(dice_.below(6'000'000'000))));
    }
    calm_down();
    swarm_.run(10min);
    check_end();
  }

 private:
  static api::Service job() {
    api::Service out = replicated_service("j", 0);
    out.mutable_spec()->mutable_replicated_job()->set_total_completions(6);
    out.mutable_spec()->mutable_replicated_job()->set_max_concurrent(2);
    return out;
  }

  api::Service configured(api::Service service) {
    auto& spec = *service.mutable_spec();
    *spec.mutable_task()->mutable_restart()->mutable_delay() = model::to_wire(1s);
    spec.mutable_task()->mutable_restart()->set_condition(api::RestartPolicy::ANY);
    configure(*spec.mutable_update());
    configure(*spec.mutable_rollback());
    return service;
  }

  void configure(api::UpdateConfig& config) {
    config.set_parallelism(dice_.below(3));
    config.set_failure_action(api::UpdateConfig::FailureAction(dice_.below(3)));
    config.set_max_failure_ratio(dice_.below(2) ? 0.3F : 0.0F);
    if (!is_calm_) config.set_order(api::UpdateConfig::Order(dice_.below(2)));
    *config.mutable_delay() = model::to_wire(Duration(1s) * int64_t(dice_.below(3)));
    *config.mutable_monitor() = model::to_wire(2s);
  }

  std::string some_service() {
    const char* ids[] = {"a", "b", "g"};
    return ids[dice_.below(3)];
  }

  void disturb() {
    const std::string node = "n" + std::to_string(1 + dice_.below(kNodes));
    switch (dice_.below(is_calm_ ? 8 : 11)) {
      case 0: return update([&](auto& spec) { spec.mutable_task()->mutable_container()->set_image("good"); });
      case 1: return update([&](auto& spec) { spec.mutable_task()->mutable_container()->set_image("bad"); });
      case 2: return update([&](auto& spec) { spec.mutable_task()->set_force_update(++forced_); });
      case 3:
        return update([&](auto& spec) {
          if (spec.has_replicated()) spec.mutable_replicated()->set_replicas(dice_.below(7));
        });
      case 4: return update([&](auto& spec) { configure(*spec.mutable_update()); });
      case 5: return roll_back(some_service());
      case 6: return swarm_.set_availability(node, api::Availability(dice_.below(3)));
      case 7: return swarm_.update("j", [&](auto& spec) { spec.mutable_task()->set_force_update(++forced_); });
      case 8: return swarm_.set_node_state(node, dice_.below(2) ? api::NodeStatus::DOWN : api::NodeStatus::READY);
      case 9: return replace_node(node);
      default: return break_something();
    }
  }

  template <class Change>
  void update(Change change) {
    swarm_.update(some_service(), [&](api::ServiceSpec& spec) { change(spec); });
  }

  void roll_back(const std::string& id) {
    if (swarm_.service(id).has_previous_spec()) swarm_.roll_back(id);
  }

  void replace_node(const std::string& id) {
    swarm_.remove_node(id);
    swarm_.run(2s);
    swarm_.change([&](store::Transaction& tx) {
      api::Node node;
      node.set_id(id);
      node.mutable_status()->set_state(api::NodeStatus::READY);
      tx.create(node);
    });
  }

  void break_something() {
    auto running = swarm_.running(some_service());
    if (!running.empty()) swarm_.report(running[dice_.below(running.size())]->id(), api::FAILED_);
  }

  void calm_down() {
    all_is_well_ = true;
    for (int i = 1; i <= kNodes; ++i) {
      swarm_.set_availability("n" + std::to_string(i), api::ACTIVE);
      swarm_.set_node_state("n" + std::to_string(i), api::NodeStatus::READY);
    }
  }

  Fate fate_of(const api::Task& task) const {
    const uint64_t trait = std::hash<std::string>()(task.id());
    Fate out{.starts_after = 100ms * int64_t(trait % 20), .stops_after = 100ms * int64_t(trait / 20 % 30)};
    if (task.service_id() == "j") {
      out.runs_for = 1s;
      out.succeeds = all_is_well_ || trait % 2 == 0;
    }
    if (all_is_well_ || task.spec().container().image() != "bad") return out;
    if (trait % 3 == 0) out.is_rejected = true;
    if (trait % 3 == 1) out.runs_for = 1s;
    return out;
  }

  std::map<std::pair<std::string, Place>, int> running_by_place() const {
    std::map<std::pair<std::string, Place>, int> out;
    for (const char* id : {"a", "b", "g", "j"})
      for (const auto& task : swarm_.running(id)) ++out[{id, place_of(swarm_.service(id), *task)}];
    return out;
  }

  void check_slots() const {
    if (!is_calm_) return;
    for (const auto& [key, count] : running_by_place())
      EXPECT_LE(count, 1) << key.first << "." << key.second.slot << key.second.node_id;
  }

  void expect_clean(const api::Service& service) const {
    for (const auto& task : swarm_.running(service.id())) EXPECT_FALSE(is_dirty(swarm_.tables, service, *task));
  }

  void check_end() const {
    EXPECT_GT(swarm_.place_looks, 100) << "hardly any look at single places was compared with one at all";
    for (const char* id : {"a", "b", "g"}) {
      const api::Service& service = swarm_.service(id);
      const uint64_t expected = is_global(service) ? kNodes : service.spec().replicated().replicas();
      EXPECT_EQ(swarm_.running(id).size(), expected) << service.ShortDebugString();
      EXPECT_EQ(swarm_.wanted(id).size(), expected);
      EXPECT_FALSE(is_updating(service)) << service.update_status().ShortDebugString();
      if (!is_paused(service)) expect_clean(service);
      for (const auto& task : swarm_.tasks(id)) EXPECT_LT(task->desired_state(), api::REMOVE_) << "not reaped";
    }
    std::set<uint64_t> completed;
    for (const auto& task : swarm_.tasks("j"))
      if (task->status().state() == api::COMPLETE_) completed.insert(task->slot());
    EXPECT_EQ(completed.size(), 6u);
    EXPECT_EQ(swarm_.wanted("j").size(), 6u);
    for (const auto& [key, count] : running_by_place()) EXPECT_EQ(count, 1) << key.first << key.second.slot;
  }

  SeededRandom dice_;
  bool is_calm_;
  SimulatedSwarm swarm_;
  uint64_t forced_ = 0;
  bool all_is_well_ = false;
};

TEST(Convergence, what_runs_is_what_was_asked_for) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chaos(seed, false).run();
    if (HasFailure()) return;
  }
}

TEST(Convergence, stop_first_never_runs_a_slot_twice) {
  for (uint64_t seed = 101; seed <= 104; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chaos(seed, true).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace skein::control
