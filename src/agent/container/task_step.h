// What is to be done next for a task of this node, as Docker's agent decides it. Pure.
//
// The observed state only moves forward: ASSIGNED → ACCEPTED → PREPARING → READY → STARTING → RUNNING → COMPLETE, or
// REJECTED (before STARTING), FAILED (later), SHUTDOWN (as the manager wished). READY waits until the manager wants
// more.
#pragma once

#include <string>

#include "base/time/clock.h"
#include "containers/health/health.h"
#include "model/objects.h"

namespace skein::agent {

// The task's container, as far as the engine has told.
enum class TaskLife : uint8_t { kAbsent, kCreated, kRunning, kEnded };

struct TaskSight {
  model::api::TaskState state = model::api::NEW;  // reported last
  model::api::TaskState desired = model::api::RUNNING;
  bool is_assigned = true;
  TaskLife life = TaskLife::kAbsent;
  bool is_watched = false;  // somebody looks after its health and readiness
  containers::Health health = containers::Health::kUnchecked;
  TimePoint retry_at;  // after an attempt that may succeed later
  TimePoint now;
};

enum class TaskStep : uint8_t {
  kWait,  // for a change, or until retry_at
  kAccept,
  kBeginPreparing,
  kPrepare,  // image, volumes, namespace, container
  kBeginStarting,
  kStart,
  kWatch,          // it runs: look after its health and readiness from here on
  kRun,            // it runs and is healthy: RUNNING
  kStopUnhealthy,  // then FAILED
  kEnd,            // its container has ended by itself: COMPLETE or FAILED
  kLose,           // its container was removed: FAILED
  kShutDown,       // as the manager wishes: SHUTDOWN
  kStop,           // it has ended in the manager's eyes, yet its container runs
  kRemove,         // no longer assigned: container and namespace go
};

TaskStep next_step(const TaskSight& sight);

// Where a task is whose container was found after a restart of the daemon, while the manager last heard of `known`.
model::api::TaskState resumed_state(model::api::TaskState known, TaskLife life);

// The state of a task of which an attempt failed for good, by where it was.
model::api::TaskState failed_state(model::api::TaskState state);

// "task: non-zero exit (1)", with ": <cause>" where there is one; empty for 0 without a cause.
std::string exit_error(int exit_code, const std::string& cause);

}  // namespace skein::agent
