// One look of the control loops at what has changed: a single transaction that brings services and their tasks one step
// towards what users asked for (docs/design/services.md). A function of the store's view.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/random.h"
#include "control/orchestrator/place/place.h"
#include "control/scheduler/scheduler.h"
#include "store/store.h"

namespace skein::manager {

// Stands beside the ids of networks in what services wait for: a port of the mesh, or a network for it.
inline constexpr const char* kIngress = "ingress";

using ServicePlace = std::pair<std::string, control::Place>;  // service id first

// What is to be looked at. Looking at too much is no error, only slower.
struct ControlWork {
  std::set<std::string> services;                      // changed or due; may be gone by now
  std::set<ServicePlace> places;                       // with changed tasks, or due
  std::set<std::string> nodes;                         // changed in what placement or orchestration looks at, or gone
  std::set<std::string> starved;                       // services whose tasks may get the addresses that they wait for
  std::set<std::pair<std::string, std::string>> left;  // nodes and networks that a task there has left
  control::ScheduleWork placing;                       // waiting tasks to be looked at
  bool is_empty() const {
    return services.empty() && places.empty() && nodes.empty() && starved.empty() && left.empty() && placing.is_empty();
  }
};

struct ControlOutcome {
  std::set<std::string> looked_at;  // services, as a whole
  // To be looked at then, although nothing changes.
  std::map<std::string, WallTime> again;
  std::map<ServicePlace, WallTime> again_place;
  std::map<std::string, std::set<std::string>> starved;  // services that wait for something of these networks
  std::set<std::string> left;  // services with more tasks than may get their addresses in one pass
  control::ScheduleOutcome placing;
};

// After it, a pass without new work changes nothing.
ControlOutcome run_control_pass(store::Transaction& tx, Random& random, const ControlWork& work);

}  // namespace skein::manager
