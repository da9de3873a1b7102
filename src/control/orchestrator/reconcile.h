// Brings the tasks of one service in line with its spec: creates, restarts, updates and ends them.
//
// Pure, over a transaction. Everything remembered is in the store (tasks, their times and notes, the service's update
// status), so another manager can go on at any moment. Level-triggered: it looks at what is there, not at what has
// happened, and a second call at the same time changes nothing.
//
// Writes of a task: everything when it is created (state NEW, no networks), later only `desired_state`, forwards, and
// `rollout`. Writes of a service: `update_status`, and on a rollback `spec` and `spec_version` with their previous ones
// (`endpoint` stays as it was: whoever gives out addresses and ports compares it with the spec).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/random.h"
#include "control/orchestrator/place/place.h"
#include "store/store.h"

namespace skein::control {

// Call it when the service, one of its tasks, or a node that concerns it has changed, and at the time it returns
// (a restart or update delay, the end of a monitored period); none when nothing waits for time. The tasks of a service
// that no longer exists become desired REMOVE. `random` gives the ids of new tasks.
std::optional<WallTime> reconcile_service(store::Transaction& tx, const std::string& service_id, Random& random);

// The same for one place of the service, in which tasks have changed while service and nodes stayed as they are. False
// if that cannot be judged by the place alone (updates, jobs, too many or too few places): then the whole service is to
// be looked at, and nothing was done. `again`: when to look at this place again.
bool reconcile_place(store::Transaction& tx, const std::string& service_id, const Place& place, Random& random,
                     std::optional<WallTime>& again);

// What a change of this node concerns: places with tasks on it, and all global services as a whole.
Concerned concerned_by_node(const store::Tables& view, const std::string& node_id);

}  // namespace skein::control
