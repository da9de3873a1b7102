// Whether what ended is started again: the restart policy's answer for a place. Pure.
#pragma once

#include "control/orchestrator/place/place.h"

namespace skein::control {

// The policy's answer for one task of this history, by the spec the task was made from: condition, then the number of
// restarts in a row that led to it. Without a policy: always.
bool should_restart(const History& history, const api::Task& task, bool is_of_job);

// Somebody is there, or what was there ended and is not to be started again: no task is missing in this place.
bool is_occupied(const History& history, bool is_of_job);

}  // namespace skein::control
