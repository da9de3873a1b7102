// What each node has free and what runs there: what the scheduler needs to know, kept along with the tables.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "control/scheduler/generic_resources.h"
#include "store/tables.h"

namespace skein::control {

// Tasks of one service and of one version of its spec are alike.
struct ServiceVersion {
  std::string service_id;
  uint64_t version = 0;
  auto operator<=>(const ServiceVersion&) const = default;
};
ServiceVersion service_version_of(const api::Task& task);

// A port on the node itself that only one task can have.
using PublishedPort = std::pair<api::PortConfig::Protocol, uint32_t>;
std::set<PublishedPort> host_ports_of(const api::Task& task);

// CPU, memory and generic resources that nobody has reserved. CPU and memory may be below zero, after a node shrank.
class FreeResources {
 public:
  explicit FreeResources(const api::Resources& all);
  bool has_room(const api::Resources& reservations) const;
  // Whether a task that is already there may keep what it holds.
  bool has(const api::Task& task) const;
  void take(const api::Task& task);
  GenericList choose_generic(const api::Resources& reservations) const {
    return generic_.choose(reservations.generic());
  }

 private:
  friend class NodeLoad;
  int64_t nano_cpus_, memory_bytes_;
  GenericResources generic_;
};

// A task that holds resources and ports of its node: until it has ended, not until it is told to.
inline bool is_placed(const api::Task& task) {
  return task.status().state() > api::PENDING && model::is_live(task) && !task.node_id().empty();
}

// A task of a service that was given to its node and is on its way to run: one that is ready and has to wait is not.
inline bool is_starting(const api::Task& task) {
  const auto goal = task.desired_state() == api::READY_ ? api::READY_ : api::RUNNING;
  return is_placed(task) && task.status().state() < goal && task.desired_state() <= api::COMPLETE_ &&
         !task.service_id().empty();
}

// When the manager learnt of the task's state. The node's own clock may differ.
WallTime state_known_at(const api::Task& task);

class NodeLoad {
 public:
  // Null while the node is unknown of which tasks speak.
  const store::Ref<api::Node>& known_node() const { return node_; }
  const api::Node& node() const { return *node_; }
  const FreeResources& free() const { return free_; }
  bool is_port_used(const PublishedPort& port) const { return used_ports_.contains(port); }

  // Tasks that have not ended and are not wanted to.
  size_t active() const { return active_; }
  size_t active_of(const std::string& service_id) const;
  // Tasks of this version that failed or were rejected after `since` and are still in the store.
  size_t failures_of(const ServiceVersion& version, WallTime since) const;
  // Since when each task that is_starting() is in its state.
  const std::multiset<WallTime>& starting() const { return starting_; }

 private:
  friend class NodeLoads;
  void set_node(store::Ref<api::Node> node);
  void add(const store::Ref<api::Task>& task);
  void remove(const store::Ref<api::Task>& task);
  void count_generic();
  bool is_empty() const { return !node_ && tasks_ == 0; }

  store::Ref<api::Node> node_;
  FreeResources free_{api::Resources()};
  std::map<std::string, store::Ref<api::Task>> generic_holders_;  // placed tasks with generic resources, by id
  std::map<PublishedPort, size_t> used_ports_;
  size_t tasks_ = 0;  // all that speak of the node
  size_t active_ = 0;
  std::unordered_map<std::string, size_t> active_by_service_;
  std::map<ServiceVersion, std::multiset<WallTime>> failures_;
  std::multiset<WallTime> starting_;
};

class NodeLoads final : public store::Index {
 public:
  void apply(const store::Change& change) override;
  // By node id; also of nodes that are not known.
  const std::map<std::string, NodeLoad>& all() const { return loads_; }
  // Null if the node does not exist.
  const NodeLoad* find(const std::string& node_id) const;
  // As NodeLoad::starting(), of all nodes.
  const std::multiset<WallTime>& starting() const { return starting_; }

 private:
  std::map<std::string, NodeLoad> loads_;
  std::multiset<WallTime> starting_;
};

}  // namespace skein::control
