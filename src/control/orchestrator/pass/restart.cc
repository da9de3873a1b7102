#include "control/orchestrator/pass/restart.h"

#include <algorithm>

#include "control/orchestrator/place/restart_policy.h"

namespace skein::control {

namespace {

constexpr Duration kDefaultRestartDelay = std::chrono::seconds(5);
constexpr Duration kOldTaskStopsWithin = std::chrono::minutes(1);

Duration restart_delay(const Pass& pass, const api::Task& task) {
  auto node = pass.node(task.node_id());
  if (node && node->spec().availability() == api::DRAIN) return {};
  if (!task.spec().restart().has_delay()) return kDefaultRestartDelay;
  return std::max(Duration{}, model::from_wire(task.spec().restart().delay()));
}

WallTime may_start_at(const store::Tables& view, const History& history, const api::Task& task) {
  const WallTime created = model::to_wall(task.meta().created_at());
  WallTime out = task.rollout().has_hold_until() ? model::to_wall(task.rollout().hold_until()) : created;
  for (const auto& other : history)
    if (!is_wanted(*other) && !is_stopped(view, *other)) out = std::max(out, created + kOldTaskStopsWithin);
  return out;
}

bool is_held(Pass& pass, const History& history, const api::Task& task) {
  if (task.desired_state() >= api::RUNNING) return false;
  WallTime start = may_start_at(pass.view(), history, task);
  if (start <= pass.now()) return false;
  pass.look_again(start);
  return true;
}

bool is_over(const Pass& pass, const api::Task& task) {
  if (is_job(pass.service()) && task.status().state() == api::COMPLETE_) return false;
  return has_ended(task) || (!task.node_id().empty() && is_lost(pass.node(task.node_id()).get()));
}

// What the replacement inherits: of the present update in its place, and that it is a restart.
api::TaskRollout notes_for_replacement(const Pass& pass, const api::Task& task) {
  api::TaskRollout out;
  if (task.spec_version().index() == pass.service().spec_version().index()) out = task.rollout();
  const Duration delay = restart_delay(pass, task);
  SKEIN_ASSERT(delay >= Duration{});
  *out.mutable_hold_until() = model::to_timestamp(pass.now() + delay);
  return out;
}

}  // namespace

void restart_ended(Pass& pass, const Place& place, const History& history) {
  auto last = std::ranges::find_if(history.rbegin(), history.rend(), [](const auto& task) { return is_wanted(*task); });
  for (const auto& task : history) {
    if (!is_wanted(*task) || !is_over(pass, *task) || is_held(pass, history, *task)) continue;
    pass.want(*task, api::SHUTDOWN);
    SKEIN_ASSERT(last != history.rend());
    if (task == *last && should_restart(history, *task, is_job(pass.service())))
      pass.create(place, notes_for_replacement(pass, *task));
    pass.allow_cut();
  }
}

void start_ready(Pass& pass, const History& history) {
  const api::TaskState started = is_job(pass.service()) ? api::COMPLETE_ : api::RUNNING;
  for (const auto& task : history) {
    if (task->desired_state() < started && !is_held(pass, history, *task) && pass.may_start())
      pass.want(*task, started);
    pass.allow_cut();
  }
}

}  // namespace skein::control
