#include "control/scheduler/scheduler.h"

#include <algorithm>

#include "control/scheduler/filters.h"
#include "control/scheduler/spread.h"

namespace skein::control {
namespace {

using TaskRef = store::Ref<api::Task>;

constexpr const char* kHeldReason = "waiting for tasks that are being started";

class SchedulerPass {
 public:
  SchedulerPass(store::Transaction& tx, const StartLimits& limits, const Placed& placed)
      : tx_(tx),
        limits_(limits),
        placed_(placed),
        loads_(tx.view().index<NodeLoads>()),
        waiting_(tx.view().index<WaitingTasks>()),
        failures_since_(tx.now() - kFailureWindow),
        starts_count_since_(tx.now() - limits.patience) {}

  ScheduleOutcome run(const ScheduleWork& work) {
    if (work.everything) {
      confirm_all();
      place_all();
    } else {
      for (const auto& node : work.confirm) confirm_on(node);
      for (const auto& key : work.groups) place(key);
    }
    // Last, when nobody takes anything any more: the reasons are those that the next pass would find.
    for (const TaskRef& task : unconfirmed_) explain_unconfirmed(*task);
    for (const GroupKey& key : unplaced_) explain_unplaced(key);
    for (const auto& [key, is_noticed] : held_)
      if (is_noticed) explain_all(key, kHeldReason);
    SKEIN_ASSERT(outcome_.placed.size() <= changed_ && changed_ <= kTasksPerPassMax);
    return std::move(outcome_);
  }

 private:
  void confirm_all();
  void confirm_on(const std::string& node_id);
  void place_all();
  void place(const GroupKey& key);
  std::vector<Candidate> candidates_for(const api::Task& task, const TaskNeeds& needs) const;
  void explain_unconfirmed(const api::Task& task);
  void explain_unplaced(const GroupKey& key);
  void explain_all(const GroupKey& key, const std::string& why);

  void assign(const api::Task& task, const NodeLoad& load, const char* message);
  bool explain(const api::Task& task, const std::string& why);
  bool may_change_more() const { return changed_ < kTasksPerPassMax; }
  bool may_start(const NodeLoad& load);
  std::optional<WallTime> held_since(const std::multiset<WallTime>& starting, size_t limit) const;

  store::Transaction& tx_;
  const StartLimits& limits_;
  const Placed& placed_;
  const NodeLoads& loads_;
  const WaitingTasks& waiting_;
  const WallTime failures_since_;
  const WallTime starts_count_since_;
  std::vector<TaskRef> unconfirmed_;
  std::vector<GroupKey> unplaced_;
  std::map<GroupKey, bool> held_;  // whether they are to say so
  bool is_lagging_ = false;
  size_t changed_ = 0;
  ScheduleOutcome outcome_;
};

void SchedulerPass::confirm_all() {
  std::vector<std::string> nodes;
  for (const auto& [node_id, group] : waiting_.preassigned()) nodes.push_back(node_id);
  for (const auto& node_id : nodes) confirm_on(node_id);
}

void SchedulerPass::confirm_on(const std::string& node_id) {
  auto group = waiting_.preassigned().find(node_id);
  const NodeLoad* load = loads_.find(node_id);
  if (group == waiting_.preassigned().end() || !load) return;
  SKEIN_ASSERT(!group->second.tasks().empty());
  std::vector<TaskRef> tasks;  // those that are confirmed leave the group
  for (const auto& [place, task] : group->second.tasks()) tasks.push_back(task);
  for (const TaskRef& task : tasks) {
    if (TaskNeeds(*task).first_unmet(*load)) {
      unconfirmed_.push_back(task);
      continue;
    }
    if (!may_change_more()) return outcome_.left.confirm.insert(node_id), void();
    if (!may_start(*load)) {
      outcome_.held.confirm.insert(node_id);
      if (is_lagging_) explain(*task, kHeldReason);
      return;
    }
    assign(*task, *load, "scheduler confirmed task can run on preassigned node");
  }
}

void SchedulerPass::place_all() {
  std::vector<GroupKey> keys;
  for (const auto& [key, group] : waiting_.groups()) keys.push_back(key);
  for (const auto& key : keys) place(key);
}

void SchedulerPass::place(const GroupKey& key) {
  const WaitingGroup* group = waiting_.find(key);
  if (!group) return;
  SKEIN_ASSERT(!group->tasks().empty());
  const TaskRef any = group->tasks().begin()->second;
  TaskNeeds needs(*any);
  Spread spread(any->spec().placement(), candidates_for(*any, needs));
  // Each task that is placed leaves its group.
  for (; group; group = waiting_.find(key)) {
    const NodeLoad* load = spread.best();
    if (!load) return unplaced_.push_back(key);
    if (!may_change_more()) return outcome_.left.groups.insert(key), void();
    if (!may_start(*load)) {
      outcome_.held.groups.insert(key);
      held_[key] = is_lagging_;
      return;
    }
    const TaskRef task = group->tasks().begin()->second;
    SKEIN_ASSERT(task->node_id().empty());
    assign(*task, *load, "scheduler assigned task to node");
    spread.placed(!needs.first_unmet(*load));
  }
}

std::vector<Candidate> SchedulerPass::candidates_for(const api::Task& task, const TaskNeeds& needs) const {
  std::vector<Candidate> out;
  out.reserve(loads_.all().size());
  ServiceVersion version = service_version_of(task);
  for (const auto& [id, load] : loads_.all()) {
    if (!load.known_node()) continue;
    bool is_fit = !needs.first_unmet(load);
    out.push_back(
        {&load, is_fit, load.active_of(task.service_id()), load.active(), load.failures_of(version, failures_since_)});
  }
  return out;
}

// Since when the oldest of them has not run, if there are so many that they hold back others.
std::optional<WallTime> SchedulerPass::held_since(const std::multiset<WallTime>& starting, size_t limit) const {
  auto first = starting.upper_bound(starts_count_since_);
  SKEIN_ASSERT(limit > 0);
  if (static_cast<size_t>(std::distance(first, starting.end())) < limit) return std::nullopt;
  return *first;
}

bool SchedulerPass::may_start(const NodeLoad& load) {
  if (!limits_.are_set) return true;
  auto since = held_since(load.starting(), limits_.of_node(load.node()));
  if (!since) since = held_since(loads_.starting(), limits_.in_all);
  if (!since) return true;
  is_lagging_ = tx_.now() - *since >= limits_.unnoticed;
  const WallTime again = *since + (is_lagging_ ? limits_.patience : limits_.unnoticed);
  outcome_.again = outcome_.again ? std::min(*outcome_.again, again) : again;
  return false;
}

void SchedulerPass::explain_unconfirmed(const api::Task& task) {
  Refusals refusals;
  const NodeLoad* load = loads_.find(task.node_id());
  SKEIN_ASSERT(load && "a pass removes no node");
  if (auto unmet = TaskNeeds(task).first_unmet(*load)) refusals.count(*unmet);
  if (!explain(task, refusals.text())) outcome_.left.confirm.insert(task.node_id());
}

void SchedulerPass::explain_unplaced(const GroupKey& key) {
  const WaitingGroup& group = *waiting_.find(key);
  const TaskRef any = group.tasks().begin()->second;
  TaskNeeds needs(*any);
  Refusals refusals;
  for (const auto& [id, load] : loads_.all())
    if (auto unmet = load.known_node() ? needs.first_unmet(load) : std::nullopt) refusals.count(*unmet);
  std::string reasons = refusals.text();
  std::string why = "no suitable node" + (reasons.empty() ? "" : " (" + reasons + ")");
  explain_all(key, why);
}

void SchedulerPass::explain_all(const GroupKey& key, const std::string& why) {
  SKEIN_ASSERT(waiting_.find(key) && "who could not be placed still waits");
  const WaitingGroup& group = *waiting_.find(key);
  if (group.is_explained(why)) return;
  std::vector<TaskRef> tasks;
  for (const auto& [place, task] : group.tasks()) tasks.push_back(task);
  for (const TaskRef& task : tasks)
    if (!explain(*task, why)) return outcome_.left.groups.insert(key), void();
}

void SchedulerPass::assign(const api::Task& task, const NodeLoad& load, const char* message) {
  SKEIN_ASSERT(is_waiting(task) && may_change_more());
  SKEIN_ASSERT(task.node_id().empty() || task.node_id() == load.node().id());
  api::Task changed = task;
  changed.set_node_id(load.node().id());
  *changed.mutable_assigned_generic_resources() = load.free().choose_generic(task.spec().resources().reservations());
  changed.clear_status();
  changed.mutable_status()->set_state(api::ASSIGNED);
  changed.mutable_status()->set_message(message);
  *changed.mutable_status()->mutable_timestamp() = model::to_timestamp(tx_.now());
  tx_.update(std::move(changed));
  outcome_.placed.push_back(task.id());
  if (placed_) placed_(*tx_.view().get<api::Task>(task.id()));
  tx_.allow_cut();
  ++changed_;
}

// False if there was no room for it in this pass.
bool SchedulerPass::explain(const api::Task& task, const std::string& why) {
  if (task.status().err() == why && task.status().message() == kWaitingMessage) return true;
  if (!may_change_more()) return false;
  api::Task changed = task;
  changed.mutable_status()->set_err(why);
  changed.mutable_status()->set_message(kWaitingMessage);
  *changed.mutable_status()->mutable_timestamp() = model::to_timestamp(tx_.now());
  tx_.update(std::move(changed));
  tx_.allow_cut();
  ++changed_;
  return true;
}

}  // namespace

// A node starts some tasks for each of its processors at a time; one that tells no number is taken for one of four.
size_t StartLimits::of_node(const api::Node& node) const {
  constexpr int64_t kOfProcessor = 4, kLeast = 8, kMost = 64, kNanoCpus = 1'000'000'000;
  const int64_t cpus = node.description().resources().nano_cpus() / kNanoCpus;
  return static_cast<size_t>(cpus <= 0 ? 4 * kOfProcessor : std::clamp(cpus * kOfProcessor, kLeast, kMost));
}

ScheduleOutcome schedule(store::Transaction& tx, const ScheduleWork& work, const StartLimits& limits,
                         const Placed& placed) {
  return SchedulerPass(tx, limits, placed).run(work);
}

}  // namespace skein::control
