// Whether a task can run on a node, and in Docker's words why not.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "control/scheduler/constraint.h"
#include "control/scheduler/node_load.h"

namespace skein::control {

// In the order in which they are asked; a node counts for the first one that refuses it.
enum class Filter { kReady, kResources, kPlugins, kConstraints, kPlatform, kHostPorts, kMaxReplicas };
inline constexpr size_t kFilterCount = 7;

// What the tasks of one service version need, read out of one of them, which must outlive this.
class TaskNeeds {
 public:
  explicit TaskNeeds(const api::Task& task);
  // Nothing if the node will do.
  std::optional<Filter> first_unmet(const NodeLoad& load) const;

 private:
  struct Plugin {
    const char* type;
    std::string name;
    bool is_sure;  // false: nodes that report no plugin of this type may have it
  };
  bool has_plugins(const api::Node& node) const;
  bool is_platform_supported(const api::Node& node) const;
  bool has_free_ports(const NodeLoad& load) const;

  const api::Task& task_;
  std::vector<Plugin> plugins_;
  std::optional<std::vector<Constraint>> constraints_;  // none: they cannot be read, so no node meets them
  std::set<PublishedPort> host_ports_;
};

// How many nodes each filter refused.
class Refusals {
 public:
  void count(Filter filter) { ++counts_[static_cast<size_t>(filter)]; }
  // "1 node not available for new tasks; insufficient resources on 3 nodes", the most frequent first; may be empty.
  std::string text() const;

 private:
  std::array<size_t, kFilterCount> counts_{};
};

}  // namespace skein::control
