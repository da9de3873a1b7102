#include "control/orchestrator/update/update_note.h"

#include <algorithm>

namespace skein::control {

namespace {

bool is_of_update(const api::Service& service, const api::Task& task) {
  return service.has_update_status() && task.rollout().has_update() &&
         task.spec_version().index() == service.spec_version().index() &&
         model::to_wall(task.rollout().update()) == model::to_wall(service.update_status().started_at());
}

}  // namespace

api::TaskRollout note_of_update(const api::Service& service) {
  api::TaskRollout out;
  *out.mutable_update() = service.update_status().started_at();
  return out;
}

store::Ref<api::Task> updated_task(const api::Service& service, const History& history) {
  for (auto at = history.rbegin(); at != history.rend(); ++at)
    if (is_wanted(**at) && is_of_update(service, **at)) return *at;
  auto last = newest(history);
  return last && is_of_update(service, *last) ? last : nullptr;
}

std::optional<WallTime> settled_at(const api::Task& task) {
  if (!task.rollout().has_settled_at()) return std::nullopt;
  return model::to_wall(task.rollout().settled_at());
}

void note_progress(Pass& pass, const api::Task& task, Duration monitor) {
  if (!is_wanted(task) || task.status().state() < api::RUNNING || !task.rollout().failed_task().empty()) return;
  const WallTime observed = std::min(observed_at(task), pass.now());
  const auto settled = settled_at(task);
  const bool failed = has_ended(task) && (!settled || observed - *settled <= monitor);
  if (settled && !failed) return;
  api::Task changed = task;
  if (!settled) *changed.mutable_rollout()->mutable_settled_at() = model::to_timestamp(observed);
  if (failed) changed.mutable_rollout()->set_failed_task(task.id());
  pass.put_task(std::move(changed));
}

}  // namespace skein::control
