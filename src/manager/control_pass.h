// One look of the control loops at what has changed: a single transaction that brings services and their tasks one step
// towards what users asked for (docs/design/services.md). A function of the store's view; what it changes beside the
// transaction is the book of addresses.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "control/scheduler/scheduler.h"
#include "manager/network_book.h"

namespace skein::manager {

// What is to be looked at. Looking at too much is no error, only slower.
struct ControlWork {
  std::set<std::string> services;                   // changed, or with changed tasks, or due; may be gone by now
  std::set<std::string> nodes;                      // changed in what placement or orchestration looks at, or gone
  std::vector<store::Ref<store::api::Task>> ended;  // service tasks that held addresses until they ended or vanished
  control::ScheduleWork placing;                    // waiting tasks to be looked at
  bool is_empty() const { return services.empty() && nodes.empty() && ended.empty() && placing.is_empty(); }
};

struct ControlOutcome {
  std::map<std::string, WallTime> again;  // services to be looked at then, although nothing changes
  std::set<std::string> starved;          // services with tasks that wait for an address
  control::ScheduleOutcome placing;
};

// After it, a pass without new work changes nothing. If the transaction is not stored, the book must be opened anew.
ControlOutcome run_control_pass(store::Transaction& tx, NetworkBook& book, Random& random, const ControlWork& work);

}  // namespace skein::manager
