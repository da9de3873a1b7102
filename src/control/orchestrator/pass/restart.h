// What happens to a task that ended, or whose node was lost: the restart policy and the replacement.
#pragma once

#include "control/orchestrator/pass/pass.h"

namespace skein::control {

// Gives up the wanted tasks of this place that ended or lost their node; a replacement follows when the policy says so
// and no newer task of the place is wanted. One that ended before it was let go keeps the place until then.
void restart_ended(Pass& pass, const Place& place, const History& history);

// A task desired READY goes on when its restart delay is over, the tasks given up in its place have stopped, for which
// it waits a minute at most, and what its service depends on holds. Call it for all places of the service, last in a
// pass.
void start_ready(Pass& pass, const History& history);

}  // namespace skein::control
