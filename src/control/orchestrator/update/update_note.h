// The notes an update leaves on tasks (TaskRollout): which tasks are the present update's, and how they fared.
#pragma once

#include "control/orchestrator/pass/pass.h"

namespace skein::control {

// Notes for a task that the present update starts.
api::TaskRollout note_of_update(const api::Service& service);

// The task through which the present update reached this place; null when it has not.
store::Ref<api::Task> updated_task(const api::Service& service, const History& history);

// It ran or failed, and when; none while it is on its way.
std::optional<WallTime> settled_at(const api::Task& task);

// Writes down what can be seen of the task now: that it runs, or that it ended before it had run for `monitor`.
void note_progress(Pass& pass, const api::Task& task, Duration monitor);

}  // namespace skein::control
