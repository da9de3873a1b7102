#include "control/orchestrator/place/restart_policy.h"

#include <algorithm>

namespace skein::control {

namespace {

bool condition_holds(const api::Task& task, bool is_of_job) {
  const bool succeeded = task.status().state() == api::COMPLETE_;
  if (succeeded && is_of_job) return false;
  if (!task.spec().has_restart()) return true;
  switch (task.spec().restart().condition()) {
    case api::RestartPolicy::ON_FAILURE: return !succeeded;
    case api::RestartPolicy::ANY: return true;
    default: return false;
  }
}

}  // namespace

bool should_restart(const History& history, const api::Task& task, bool is_of_job) {
  if (!condition_holds(task, is_of_job)) return false;
  const api::RestartPolicy& policy = task.spec().restart();
  if (policy.max_attempts() == 0) return true;
  const Duration window = model::from_wire(policy.window());
  const WallTime since = window > Duration{} ? observed_at(task) - window : WallTime{INT64_MIN};
  uint64_t restarts = 0;
  auto at = std::ranges::find_if(history, [&](const auto& one) { return one->id() == task.id(); });
  SKEIN_ASSERT(at != history.end());
  for (;; --at) {
    const api::Task& one = **at;
    if (!one.rollout().has_hold_until() || one.spec_version().index() != task.spec_version().index()) break;
    if (model::to_wall(one.meta().created_at()) >= since) ++restarts;
    if (at == history.begin()) break;
  }
  return restarts < policy.max_attempts();
}

bool is_occupied(const History& history, bool is_of_job) {
  if (std::ranges::any_of(history, [](const auto& task) { return is_wanted(*task); })) return true;
  auto last = newest(history);
  return last && !should_restart(history, *last, is_of_job);
}

}  // namespace skein::control
