// Moves the tasks of a service to its present spec, some at a time, and looks whether they survive it.
//
// Where an update stands is read from the store alone: an update is known by its started_at, each task that it starts
// carries that in its notes, with the time it was first seen running or its failure; a restart's replacement inherits
// them. So the places an update has reached are those with a task so marked, the places before it those with only dirty
// tasks.
#pragma once

#include <vector>

#include "control/orchestrator/pass/pass.h"

namespace skein::control {

// First in a pass: notes which of the update's tasks run or failed, and pauses or rolls back when too many did. After a
// rollback the service has another spec. A failure is a task of the update that ended, unwanted, before it had run for
// the monitored period; the ratio is that of places failed to places that the update reached or still has to reach.
void observe_update(Pass& pass);

// Starts tasks of the present spec in places that have only others, as many as the rules let be busy at once: a place
// is busy until its task ran or failed, and `delay` after that. stop-first gives up the old task at once (the new one
// waits for it, start_ready), start-first when the new one runs. A place that has a good task needs no new one, the
// others there are given up. Places without running tasks come first. When all places are done and monitored long
// enough, the update is completed.
void roll_update(Pass& pass, const std::vector<Place>& places);

// Outside of updates one place can be looked at alone: notes how the update's task there fares, as observe_update()
// does. False if the place has tasks to be changed or given up, which is for roll_update() to decide.
bool observe_place(Pass& pass, const Place& place);

}  // namespace skein::control
