#include "agent/container/task_step.h"

#include <algorithm>

namespace skein::agent {

namespace api = model::api;

namespace {

bool has_ended(api::TaskState state) { return state > api::RUNNING; }

TaskStep step_of_container(const TaskSight& sight) {
  switch (sight.life) {
    case TaskLife::kAbsent: return TaskStep::kLose;
    case TaskLife::kEnded: return TaskStep::kEnd;
    case TaskLife::kCreated: return sight.state == api::STARTING ? TaskStep::kStart : TaskStep::kLose;
    case TaskLife::kRunning: break;
  }
  if (!sight.is_watched) return TaskStep::kWatch;
  if (sight.health == containers::Health::kUnhealthy) return TaskStep::kStopUnhealthy;
  bool is_up = sight.health == containers::Health::kUnchecked || sight.health == containers::Health::kHealthy;
  return sight.state == api::STARTING && is_up ? TaskStep::kRun : TaskStep::kWait;
}

}  // namespace

TaskStep next_step(const TaskSight& sight) {
  if (sight.now < sight.retry_at) return TaskStep::kWait;
  if (!sight.is_assigned) return TaskStep::kRemove;
  if (has_ended(sight.state)) return sight.life == TaskLife::kRunning ? TaskStep::kStop : TaskStep::kWait;
  if (sight.desired >= api::SHUTDOWN) return TaskStep::kShutDown;
  if (sight.state >= api::STARTING) return step_of_container(sight);
  if (sight.state == api::PREPARING) return TaskStep::kPrepare;
  if (sight.state >= sight.desired) return TaskStep::kWait;
  if (sight.state == api::READY_) return TaskStep::kBeginStarting;
  return sight.state == api::ACCEPTED_ ? TaskStep::kBeginPreparing : TaskStep::kAccept;
}

api::TaskState resumed_state(api::TaskState known, TaskLife life) {
  switch (life) {
    case TaskLife::kAbsent: return known;
    case TaskLife::kCreated: return std::max(known, api::READY_);
    case TaskLife::kRunning:
    case TaskLife::kEnded: return std::max(known, api::STARTING);
  }
  return known;
}

api::TaskState failed_state(api::TaskState state) { return state < api::STARTING ? api::REJECTED : api::FAILED_; }

std::string exit_error(int exit_code, const std::string& cause) {
  if (exit_code == 0) return cause;
  std::string text = "task: non-zero exit (" + std::to_string(exit_code) + ")";
  return cause.empty() ? text : text + ": " + cause;
}

}  // namespace skein::agent
