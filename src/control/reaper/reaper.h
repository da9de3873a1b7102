// Removes tasks that are over and that nobody wants to see any more. Pure, over a transaction.
#pragma once

#include <string>

#include "control/orchestrator/place/place.h"
#include "store/store.h"

namespace skein::control {

// Call it after the service or one of its tasks has changed. Of every slot (of a global service: of every node) the
// newest tasks stay as history, as many as the cluster's task_history_retention_limit, or max_attempts + 1 when the
// service limits its restarts; the newest one always stays. Tasks desired REMOVE, and all tasks of a service that no
// longer exists, go as soon as they cannot run any more. With the empty id: attachment tasks, orphaned or removed ones.
// Addresses are given back by whoever watches the removals.
void reap(store::Transaction& tx, const std::string& service_id);
// The same for one place of a service that is no job.
void reap_place(store::Transaction& tx, const std::string& service_id, const Place& place);

}  // namespace skein::control
