#include "control/orchestrator/update/update.h"

#include <algorithm>

#include "control/orchestrator/pass/restart.h"
#include "control/orchestrator/place/restart_policy.h"
#include "control/orchestrator/place/update_rules.h"
#include "control/orchestrator/place/update_status.h"
#include "control/orchestrator/prerequisite/prerequisite.h"
#include "control/orchestrator/update/update_note.h"

namespace skein::control {

namespace {

// One place as the update sees it: its wanted tasks, apart by whether they are what the spec asks for.
struct PlaceUpdate {
  Place place;
  History clean;
  History dirty;
  bool must_change = false;       // no clean task is wanted, and what was there last is dirty
  store::Ref<api::Task> updated;  // as updated_task()
  bool has_running(const History& tasks) const {
    return std::ranges::any_of(tasks, [](const auto& task) { return task->status().state() == api::RUNNING; });
  }
};

PlaceUpdate place_update(const Pass& pass, const Place& place, const History& history) {
  PlaceUpdate out{place, {}, {}, false, updated_task(pass.service(), history)};
  for (const auto& task : history)
    if (is_wanted(*task)) (is_dirty(pass.view(), pass.service(), *task) ? out.dirty : out.clean).push_back(task);
  auto last = newest(history);
  const bool nobody_wanted = out.clean.empty() && out.dirty.empty();
  out.must_change = out.clean.empty() && (!nobody_wanted || (last && is_dirty(pass.view(), pass.service(), *last)));
  return out;
}

// What the update has in hand, over all places.
struct Progress {
  uint64_t busy = 0;
  bool is_swapping = false;           // somewhere a task still waits for its successor to run
  std::optional<WallTime> next_free;  // when the delay after a settled task is over
  WallTime monitored_until{};
  std::vector<PlaceUpdate> waiting;
};

void give_up(Pass& pass, const History& tasks, const std::string& except = {}) {
  for (const auto& task : tasks)
    if (task->id() != except) pass.want(*task, api::SHUTDOWN);
}

// Of several good tasks the one that got furthest stays; the old ones go when the rules allow it.
void settle_on_clean(Pass& pass, const PlaceUpdate& here, const UpdateRules& rules, Progress& progress) {
  auto rank = [](const store::Ref<api::Task>& task) {
    return std::tuple(task->status().state() == api::RUNNING, !has_ended(*task), task->desired_state());
  };
  SKEIN_ASSERT(!here.clean.empty());
  const auto& kept = *std::ranges::max_element(here.clean, {}, rank);
  give_up(pass, here.clean, kept->id());
  const bool old_ones_serve = rules.is_start_first && here.has_running(here.dirty);
  if (old_ones_serve && kept->status().state() != api::RUNNING)
    progress.is_swapping = true;
  else
    give_up(pass, here.dirty);
}

void count_updated(const Pass& pass, const PlaceUpdate& here, const UpdateRules& rules, Progress& progress) {
  if (!here.updated) return;
  auto settled = settled_at(*here.updated);
  if (!settled && !is_wanted(*here.updated)) return;  // it lost its node and is not to be restarted
  const WallTime free_at = settled.value_or(WallTime{}) + rules.delay;
  if (!settled || free_at > pass.now()) ++progress.busy;
  if (!settled) {
    progress.is_swapping = true;
    return;
  }
  if (free_at > pass.now()) progress.next_free = std::min(progress.next_free.value_or(free_at), free_at);
  progress.monitored_until = std::max(progress.monitored_until, free_at + rules.monitor);
}

void change(Pass& pass, const PlaceUpdate& here, const UpdateRules& rules) {
  SKEIN_ASSERT(here.must_change && pass.service().has_update_status());  // the new task notes when it began
  const bool keeps_running = rules.is_start_first && here.has_running(here.dirty);
  for (const auto& task : here.dirty)
    if (!keeps_running || task->status().state() != api::RUNNING) pass.want(*task, api::SHUTDOWN);
  pass.create(here.place, note_of_update(pass.service()));
}

void change_waiting(Pass& pass, Progress progress, const UpdateRules& rules) {
  if (!pass.service().has_update_status()) pass.put_service(with_update_started(pass.service(), pass.now()));
  std::ranges::stable_sort(progress.waiting, {}, [](const PlaceUpdate& one) { return one.has_running(one.dirty); });
  const uint64_t at_once = rules.parallelism == 0 ? UINT64_MAX : rules.parallelism;
  for (const PlaceUpdate& here : progress.waiting) {
    // What runs goes on running until its successor may start.
    if (here.has_running(here.dirty) && !pass.may_start()) break;
    if (progress.busy >= at_once || !pass.may_change_place()) break;
    change(pass, here, rules);
    pass.allow_cut();
    ++progress.busy;
  }
}

}  // namespace

void observe_update(Pass& pass) {
  if (!pass.service().has_update_status()) return;
  const UpdateRules rules = update_rules(pass.service());
  uint64_t concerned = 0;
  uint64_t failed = 0;
  std::string last_failed;
  for (const auto& [place, history] : histories_of(pass.view(), pass.service())) {
    if (!is_occupied(*history, is_job(pass.service()))) continue;
    PlaceUpdate here = place_update(pass, place, *history);
    if (here.updated) {
      note_progress(pass, *here.updated, rules.monitor);
      pass.allow_cut();
      auto noted = pass.view().get<api::Task>(here.updated->id());
      SKEIN_ASSERT(noted);
      if (!noted->rollout().failed_task().empty()) ++failed, last_failed = noted->rollout().failed_task();
    }
    if (here.updated || here.must_change) ++concerned;
  }
  if (!is_updating(pass.service()) || rules.failure_action == api::UpdateConfig::CONTINUE || failed == 0) return;
  SKEIN_ASSERT(failed <= concerned);
  if (float(failed) / float(concerned) <= rules.max_failure_ratio) return;
  const bool can_roll_back = !is_rollback(pass.service()) && pass.service().has_previous_spec();
  if (rules.failure_action != api::UpdateConfig::ROLLBACK || !can_roll_back)
    return pass.put_service(with_update_paused(pass.service(), last_failed, ""));
  // What others wait for may have changed since the spec was in force.
  const auto checked = check_prerequisites(pass.service().previous_spec(), pass.view());
  if (checked.ok())
    pass.put_service(with_rollback_started(pass.service(), last_failed));
  else
    pass.put_service(with_update_paused(pass.service(), last_failed, "not rolled back: " + checked.error().text()));
}

void roll_update(Pass& pass, const std::vector<Place>& places) {
  const UpdateRules rules = update_rules(pass.service());
  Progress progress;
  for (const Place& place : places) {
    const HistoryRef history = pass.places().at(pass.service().id(), place);
    if (history->empty()) continue;
    PlaceUpdate here = place_update(pass, place, *history);
    if (!here.clean.empty()) settle_on_clean(pass, here, rules, progress);
    pass.allow_cut();
    count_updated(pass, here, rules, progress);
    if (here.must_change) progress.waiting.push_back(std::move(here));
  }
  if (is_paused(pass.service())) return;
  if (progress.next_free && (is_updating(pass.service()) || !progress.waiting.empty()))
    pass.look_again(*progress.next_free);
  if (!progress.waiting.empty()) return change_waiting(pass, std::move(progress), rules);
  if (!is_updating(pass.service()) || progress.is_swapping) return;
  if (progress.monitored_until > pass.now())
    pass.look_again(progress.monitored_until);
  else
    pass.put_service(with_update_completed(pass.service(), pass.now()));
}

bool observe_place(Pass& pass, const Place& place) {
  const PlaceUpdate here = place_update(pass, place, *pass.places().at(pass.service().id(), place));
  if (here.must_change || !here.dirty.empty() || here.clean.size() > 1) return false;
  if (here.updated) note_progress(pass, *here.updated, update_rules(pass.service()).monitor);
  return true;
}

}  // namespace skein::control
