// What happens to a task that ended, or whose node was lost: the restart policy and the replacement.
#pragma once

#include "control/orchestrator/pass.h"

namespace skein::control {

// The policy's answer for one task of this history, by the spec the task was made from: condition, then the number of
// restarts in a row that led to it. Without a policy: always.
bool should_restart(const History& history, const api::Task& task, bool is_of_job);

// Somebody is there, or what was there ended and is not to be started again: no task is missing in this place.
bool is_occupied(const History& history, bool is_of_job);

// Gives up the wanted tasks of this place that ended or lost their node; a replacement follows when the policy says so
// and no newer task of the place is wanted. One that ended before it was let go keeps the place until then.
void restart_ended(Pass& pass, const Place& place, const History& history);

// A task desired READY goes on when its restart delay is over, the tasks given up in its place have stopped, for which
// it waits a minute at most, and what its service depends on holds. Call it for all places of the service, last in a
// pass.
void start_ready(Pass& pass, const History& history);

}  // namespace skein::control
