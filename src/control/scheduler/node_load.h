// What one node has free and what runs there: what the scheduler needs to know of it during a pass.
#pragma once

#include <map>
#include <set>
#include <string>
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
  int64_t nano_cpus_, memory_bytes_;
  GenericResources generic_;
};

class NodeLoad {
 public:
  explicit NodeLoad(store::Ref<api::Node> node);

  const api::Node& node() const { return *node_; }
  const FreeResources& free() const { return free_; }
  bool is_port_used(const PublishedPort& port) const { return used_ports_.contains(port); }

  // A task on this node that has not ended: it keeps resources and ports until then, and counts as active unless it is
  // wanted to end.
  void add(const api::Task& task);
  size_t active() const { return active_; }
  size_t active_of(const std::string& service_id) const;

  void add_failure(const ServiceVersion& version) { ++failures_[version]; }
  size_t failures_of(const ServiceVersion& version) const;

 private:
  store::Ref<api::Node> node_;
  FreeResources free_;
  std::set<PublishedPort> used_ports_;
  size_t active_ = 0;
  std::map<std::string, size_t> active_by_service_;
  std::map<ServiceVersion, size_t> failures_;
};

}  // namespace skein::control
