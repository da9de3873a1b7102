#include <algorithm>
#include <map>

#include "control/orchestrator/modes.h"
#include "control/orchestrator/pass/restart.h"
#include "control/orchestrator/place/restart_policy.h"
#include "control/scheduler/constraint.h"

namespace skein::control {

namespace {

using IterationPlaces = std::map<Place, History>;

// The present iteration's tasks; those of others are removed.
IterationPlaces histories_of_iteration(Pass& pass) {
  const uint64_t iteration = pass.service().job_status().job_iteration().index();
  IterationPlaces out;
  for (const auto& [place, history] : histories_of(pass.view(), pass.service())) out[place] = *history;
  for (auto& [place, history] : out)
    std::erase_if(history, [&](const auto& task) {
      if (task->job_iteration().index() == iteration) return false;
      pass.want(*task, api::REMOVE_);
      pass.allow_cut();
      return true;
    });
  std::erase_if(out, [](const auto& entry) { return entry.second.empty(); });
  return out;
}

bool is_done(const History& history) {
  return std::ranges::any_of(history, [](const auto& task) { return task->status().state() == api::COMPLETE_; });
}

bool is_active(const History& history) {
  return !is_done(history) && std::ranges::any_of(history, [](const auto& task) { return is_wanted(*task); });
}

}  // namespace

void reconcile_replicated_job(Pass& pass) {
  for (const auto& [place, history] : histories_of_iteration(pass)) restart_ended(pass, place, history);

  IterationPlaces slots = histories_of_iteration(pass);
  std::erase_if(slots, [&](const auto& slot) { return !is_occupied(slot.second, true); });
  const api::ReplicatedJob& job = pass.service().spec().replicated_job();
  const uint64_t concurrent_max = job.max_concurrent() == 0 ? job.total_completions() : job.max_concurrent();
  auto active = uint64_t(std::ranges::count_if(slots, [](const auto& slot) { return is_active(slot.second); }));
  for (uint64_t slot = 0; slot < job.total_completions() && active < concurrent_max; ++slot) {
    if (slots.contains({slot, {}})) continue;
    if (!pass.may_change_place()) return;
    pass.create({slot, {}});
    pass.allow_cut();
    ++active;
  }
}

void reconcile_global_job(Pass& pass) {
  IterationPlaces histories = histories_of_iteration(pass);
  for (const auto& [place, history] : histories) {
    auto node = pass.node(place.node_id);
    if (!is_lost(node.get())) continue;
    for (const auto& task : history) {
      if (task->status().state() != api::COMPLETE_) pass.want(*task, node ? api::SHUTDOWN : api::REMOVE_);
      pass.allow_cut();
    }
  }
  auto constraints = parse_constraints(pass.service().spec().task().placement().constraints());
  if (!constraints.ok()) return;
  for (const auto& [id, node] : pass.view().all<api::Node>()) {
    const bool takes_tasks =
        node->status().state() == api::NodeStatus::READY && node->spec().availability() == api::ACTIVE;
    if (!takes_tasks || !satisfies(*constraints, *node)) continue;
    const Place place{0, id};
    if (auto found = histories.find(place); found != histories.end() && is_occupied(found->second, true))
      restart_ended(pass, place, found->second);
    else if (pass.may_change_place())
      pass.create(place);
    pass.allow_cut();
  }
}

}  // namespace skein::control
