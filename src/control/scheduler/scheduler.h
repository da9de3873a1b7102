// Chooses a node for each task that waits for one, and takes tasks off nodes that no longer suit them.
//
// Pure over a transaction. The scheduler alone sets a task's node and ASSIGNED; why a task stays PENDING is in its
// status.err, in Docker's words, written only when it changed: a second pass over the same store changes nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/scheduler/waiting_tasks.h"
#include "store/store.h"

namespace skein::control {

// Tasks changed in one pass, so that neither the transaction nor the loop's other work waits for long.
inline constexpr size_t kTasksPerPassMax = 1'000;
inline constexpr Duration kFailureWindow = std::chrono::minutes(5);

// How many tasks may be on their way to run, so that a swarm that lags gets its tasks more slowly, and no node falls
// silent over them. A task that has been in its state for `patience` holds back nobody.
struct StartLimits {
  bool are_set = false;
  size_t of_node(const api::Node& node) const;
  size_t in_all = 2'000;
  Duration patience = std::chrono::seconds(10);
  // When one of those that hold back others has not run for so long, these say why they wait.
  Duration unnoticed = std::chrono::seconds(2);
};

struct ScheduleOutcome {
  std::vector<std::string> placed;  // ids of the tasks that got their node confirmed or chosen
  ScheduleWork left;                // more than one pass may change
  ScheduleWork held;                // to be looked at when a starting task runs or ends, and at `again`
  std::optional<WallTime> again;
};

// Looks at the tasks named by `work` that are PENDING and wanted to run. Those with a node (of global services) are
// confirmed there if the node passes the filters; the others are placed in groups of one service version, see spread.h.
// Resources and host ports of a task are free again when it has ended, not when it is told to. A group whose next node
// starts as many tasks as it may waits for that node, so that it is spread as without limits. `placed` is told of each
// task that has got its node, in the same step: the transaction may be cut between any two.
using Placed = std::function<void(const api::Task& task)>;
ScheduleOutcome schedule(store::Transaction& tx, const ScheduleWork& work, const StartLimits& limits = {},
                         const Placed& placed = {});

// To be called when a node has changed: tasks on an active node that no longer meets their constraints, as the service
// has them now, or has too little for their reservations become REJECTED; the newest lose first. The orchestrator
// replaces them. Unknown nodes have no tasks.
void enforce_constraints(store::Transaction& tx, const std::string& node_id);

}  // namespace skein::control
