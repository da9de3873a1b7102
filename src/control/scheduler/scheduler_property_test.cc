// Swarms drawn at random, and judges that know the promises but nothing of how they are kept.
#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "base/random.h"
#include "control/scheduler/swarm_for_test.h"

namespace skein::control {
namespace {

using store::Ref;

// What a service of the test wants, as plain data; the judges read this, never the tasks' specs.
struct Wish {
  std::string id;
  int64_t memory = 0;
  int64_t gpus = 0;
  uint32_t port = 0;
  uint64_t max_replicas = 0;
  std::string zone;        // constraint
  bool is_not = false;     // zone != rather than ==
  bool is_spread = false;  // over zones
};

// How often the rounds met what makes them worth running.
struct Met {
  int placed = 0, waited = 0, compared = 0;
};

class RandomSwarm {
 public:
  RandomSwarm(uint64_t seed, Met& met) : random_(seed), met_(met) {
    for (uint64_t i = 0, count = 1 + random_.below(8); i < count; ++i) add_node("n" + std::to_string(i));
    for (uint64_t i = 0, count = 1 + random_.below(6); i < count; ++i) add_wish("s" + std::to_string(i));
  }

  void round() {
    disturb();
    std::set<std::string> waiting;
    for (const auto& [id, task] : swarm_.tables.all<api::Task>())
      if (task->status().state() == api::PENDING) waiting.insert(id);
    // What changed says where to look: there is nothing to be placed elsewhere.
    ScheduleOutcome outcome = swarm_.schedule(std::exchange(swarm_.news, {}));
    EXPECT_EQ(swarm_.schedule().placed.size(), 0u) << "a change was overlooked";
    judge(waiting);
    uint64_t index = swarm_.index;
    EXPECT_EQ(swarm_.schedule().placed.size(), 0u);
    for (const auto& [id, task] : swarm_.tables.all<api::Task>()) {
      EXPECT_LE(task->meta().version().index(), index) << id << " was written again";
      EXPECT_TRUE(waiting.contains(id) || task->meta().version().index() < index) << id << " was not waiting";
    }
    EXPECT_EQ(outcome.again, std::nullopt);
  }

 private:
  bool one_in(uint64_t bound) { return random_.below(bound) == 0; }
  std::string any_zone() { return std::string(1, "abc"[random_.below(3)]); }

  void add_node(const std::string& id) {
    api::Node node = TestSwarm::node(id);
    if (!one_in(4)) TestSwarm::set_label(node, "zone", any_zone());
    node.mutable_description()->mutable_resources()->set_memory_bytes(int64_t(random_.below(20)));
    for (uint64_t i = 0, count = random_.below(4); i < count; ++i)
      add_named(*node.mutable_description()->mutable_resources()->mutable_generic(), "gpu", id + std::to_string(i));
    swarm_.put(node);
  }

  void add_wish(const std::string& id) {
    Wish wish{id};
    if (one_in(3)) wish.memory = 1 + int64_t(random_.below(6));
    if (one_in(4)) wish.gpus = 1 + int64_t(random_.below(2));
    if (one_in(4)) wish.port = 80 + uint32_t(random_.below(2));
    if (one_in(4)) wish.max_replicas = 1 + random_.below(4);
    if (one_in(3)) wish.zone = any_zone();
    wish.is_not = one_in(2);
    wish.is_spread = one_in(2);
    wishes_.push_back(wish);
  }

  api::Task task_for(const Wish& wish) {
    api::Task task = swarm_.task(wish.id);
    reserve(task, 0, wish.memory);
    if (wish.gpus)
      add_discrete(*task.mutable_spec()->mutable_resources()->mutable_reservations()->mutable_generic(), "gpu",
                   wish.gpus);
    if (wish.port) publish_on_host(task, wish.port);
    auto& placement = *task.mutable_spec()->mutable_placement();
    placement.set_max_replicas(wish.max_replicas);
    if (!wish.zone.empty())
      placement.add_constraints("node.labels.zone" + std::string(wish.is_not ? "!=" : "==") + wish.zone);
    if (wish.is_spread) placement.add_preferences()->mutable_spread()->set_spread_descriptor("node.labels.zone");
    return task;
  }

  // ---- what happens between two passes

  void disturb() {
    swarm_.now = swarm_.now + std::chrono::seconds(random_.below(60));
    for (const auto& [id, found] : std::map(swarm_.tables.all<api::Node>())) {
      api::Node node = *found;
      node.mutable_status()->set_state(one_in(6) ? api::NodeStatus::DOWN : api::NodeStatus::READY);
      node.mutable_spec()->set_availability(one_in(6) ? api::DRAIN : api::ACTIVE);
      swarm_.put(node);
    }
    for (const auto& [id, task] : std::map(swarm_.tables.all<api::Task>())) disturb(*task);
    for (const Wish& wish : wishes_)
      for (uint64_t i = 0, count = random_.below(6); i < count; ++i) {
        api::Task task = task_for(wish);
        if (one_in(10)) task.set_node_id("n" + std::to_string(random_.below(9)));  // may not exist
        swarm_.add(task);
      }
  }

  void disturb(api::Task task) {
    if (task.status().state() == api::ASSIGNED) task.mutable_status()->set_state(api::RUNNING);
    if (one_in(8)) task.set_desired_state(api::SHUTDOWN);
    if (task.status().state() == api::RUNNING && one_in(4)) {
      task.mutable_status()->set_state(one_in(2) ? api::FAILED_ : api::COMPLETE_);
      *task.mutable_status()->mutable_timestamp() = model::to_timestamp(swarm_.now);
    }
    swarm_.put(task);
  }

  // ---- the judges

  static bool is_there(const api::Task& task) {
    return task.status().state() >= api::ASSIGNED && task.status().state() <= api::RUNNING;
  }
  static bool is_wanted(const api::Task& task) { return task.desired_state() <= api::RUNNING; }
  std::string zone_of(const std::string& node_id) const {
    const auto& labels = swarm_.tables.get<api::Node>(node_id)->spec().annotations().labels();
    return labels.contains("zone") ? labels.at("zone") : "";
  }
  const Wish& wish_of(const api::Task& task) const {
    return *std::find_if(wishes_.begin(), wishes_.end(),
                         [&](const Wish& wish) { return wish.id == task.service_id(); });
  }

  struct Use {
    int64_t memory = 0, gpus = 0;
    std::multiset<uint32_t> ports;
    std::map<std::string, uint64_t> wanted;  // by service
    std::map<std::string, int> failures;
  };
  Use use_of(const std::string& node_id) const {
    Use out;
    for (const auto& task : swarm_.tables.tasks_on_node(node_id)) {
      const Wish& wish = wish_of(*task);
      if (task->status().state() == api::FAILED_ &&
          swarm_.now - model::to_wall(task->status().timestamp()) < std::chrono::minutes(5))
        ++out.failures[wish.id];
      if (!is_there(*task)) continue;
      out.memory += wish.memory;
      out.gpus += wish.gpus;
      if (wish.port) out.ports.insert(wish.port);
      if (is_wanted(*task)) ++out.wanted[wish.id];
    }
    return out;
  }

  bool is_suitable(const Wish& wish, const api::Node& node) const {
    return node.status().state() == api::NodeStatus::READY && node.spec().availability() == api::ACTIVE &&
           (wish.zone.empty() || (zone_of(node.id()) == wish.zone) != wish.is_not);
  }
  // Whether the node could take one more.
  bool has_room(const Wish& wish, const api::Node& node) const {
    Use use = use_of(node.id());
    const api::Resources& all = node.description().resources();
    return is_suitable(wish, node) && (wish.memory == 0 || use.memory + wish.memory <= all.memory_bytes()) &&
           (wish.gpus == 0 || use.gpus + wish.gpus <= all.generic_size()) &&
           (wish.port == 0 || !use.ports.contains(wish.port)) &&
           (wish.max_replicas == 0 || use.wanted[wish.id] < wish.max_replicas);
  }

  void judge_placed(const api::Task& task) {
    const Wish& wish = wish_of(task);
    auto node = swarm_.tables.get<api::Node>(task.node_id());
    ASSERT_TRUE(node) << task.id();
    Use use = use_of(task.node_id());
    EXPECT_TRUE(is_suitable(wish, *node)) << task.id();
    EXPECT_TRUE(wish.memory == 0 || use.memory <= node->description().resources().memory_bytes()) << task.id();
    EXPECT_TRUE(wish.port == 0 || use.ports.count(wish.port) == 1) << task.id();
    EXPECT_TRUE(wish.max_replicas == 0 || use.wanted[wish.id] <= wish.max_replicas) << task.id();
    EXPECT_EQ(task.assigned_generic_resources_size(), wish.gpus);
    EXPECT_EQ(task.status().err(), "");
  }

  void judge_gpus(const api::Node& node) {
    std::set<std::string> free;
    for (const auto& each : node.description().resources().generic()) free.insert(each.named_resource_spec().value());
    for (const auto& task : swarm_.tables.tasks_on_node(node.id())) {
      if (!is_there(*task)) continue;
      for (const auto& each : task->assigned_generic_resources())
        EXPECT_EQ(free.erase(each.named_resource_spec().value()), 1u) << task->id();
    }
  }

  void judge_waiting(const api::Task& task) {
    const Wish& wish = wish_of(task);
    for (const auto& [id, node] : swarm_.tables.all<api::Node>()) {
      bool is_choice = task.node_id().empty() || task.node_id() == id;
      EXPECT_FALSE(is_choice && has_room(wish, *node)) << task.id() << " could run on " << id;
    }
    const std::string& err = task.status().err();
    if (!task.node_id().empty() || err.find("max replicas") != std::string::npos) return;
    size_t refusals = 0;
    static const std::regex kCount("([0-9]+) nodes?");
    for (auto at = std::sregex_iterator(err.begin(), err.end(), kCount); at != std::sregex_iterator(); ++at)
      refusals += std::stoul((*at)[1]);
    EXPECT_EQ(refusals, swarm_.tables.all<api::Node>().size()) << err;
  }

  // Whoever got one of the new tasks had, before its last one, no more than any who could still take one.
  void judge_evenness(const Wish& wish, const std::map<std::string, int>& placed) {
    std::map<std::string, uint64_t> nodes, zones;
    std::set<std::string> open_zones;
    for (const auto& [id, node] : swarm_.tables.all<api::Node>()) {
      nodes[id] = use_of(id).wanted[wish.id];
      zones[zone_of(id)] += nodes[id];
      if (has_room(wish, *node)) open_zones.insert(zone_of(id));
    }
    for (const auto& [taker, count] : placed) {
      bool is_bad = use_of(taker).failures[wish.id] >= 5;
      for (const auto& [id, node] : swarm_.tables.all<api::Node>()) {
        if ((wish.is_spread && zone_of(id) != zone_of(taker)) || !has_room(wish, *node)) continue;
        bool is_other_bad = use_of(id).failures[wish.id] >= 5;
        EXPECT_TRUE(!is_bad || is_other_bad) << taker << " fails often, " << id << " does not";
        if (!is_bad && !is_other_bad) {
          EXPECT_LE(nodes[taker], nodes[id] + 1) << wish.id << ": " << taker << ", " << id;
        }
        ++met_.compared;
      }
      if (!wish.is_spread) continue;
      for (const std::string& zone : open_zones)
        EXPECT_LE(zones[zone_of(taker)], zones[zone] + 1) << wish.id << ": zone of " << taker << ", zone " << zone;
    }
  }

  void judge(const std::set<std::string>& waiting) {
    std::map<std::string, std::map<std::string, int>> placed;  // service, node
    for (const std::string& id : waiting) {
      const api::Task& task = swarm_.get(id);
      if (task.status().state() == api::ASSIGNED) {
        judge_placed(task);
        // Confirmed ones had no choice, and come before the others.
        if (task.status().message() == "scheduler assigned task to node") ++placed[task.service_id()][task.node_id()];
        ++met_.placed;
      } else if (is_wanted(task)) {
        judge_waiting(task);
        ++met_.waited;
      }
    }
    for (const Wish& wish : wishes_) judge_evenness(wish, placed[wish.id]);
    for (const auto& [id, node] : swarm_.tables.all<api::Node>()) judge_gpus(*node);
  }

  SeededRandom random_;
  Met& met_;
  TestSwarm swarm_;
  std::vector<Wish> wishes_;
};

TEST(SchedulerProperty, no_filter_is_violated_no_room_is_missed_and_tasks_are_even) {
  Met met;
  uint64_t seed = std::random_device()();
  for (int swarms = 0; swarms < 40 && !testing::Test::HasFailure(); ++swarms, ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomSwarm swarm(seed, met);
    for (int i = 0; i < 12 && !testing::Test::HasFailure(); ++i) swarm.round();
  }
  EXPECT_GT(met.placed, 0);
  EXPECT_GT(met.waited, 0) << "tasks without a node were never met";
  EXPECT_GT(met.compared, 0) << "no two nodes were ever compared";
}

}  // namespace
}  // namespace skein::control
