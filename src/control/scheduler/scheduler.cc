#include "control/scheduler/scheduler.h"

#include <algorithm>
#include <tuple>

#include "control/scheduler/filters.h"
#include "control/scheduler/spread.h"

namespace skein::control {
namespace {

using TaskRef = store::Ref<api::Task>;

bool is_waiting(const api::Task& task) {
  return task.status().state() == api::PENDING && task.desired_state() <= api::COMPLETE_;
}

// A task without a service or a version is a group of its own.
struct GroupKey {
  ServiceVersion version;
  std::string lone_task_id;
  auto operator<=>(const GroupKey&) const = default;
};

GroupKey group_of(const api::Task& task) {
  bool is_lone = task.service_id().empty() || !task.has_spec_version();
  return {service_version_of(task), is_lone ? task.id() : std::string()};
}

class SchedulerPass {
 public:
  explicit SchedulerPass(store::Transaction& tx) : tx_(tx) {}

  ScheduleOutcome run() {
    if (!find_waiting()) return {};
    survey_nodes();
    for (const TaskRef& task : preassigned_) confirm(task);
    for (auto& [key, tasks] : groups_) place(std::move(tasks));
    // Last, when nobody takes anything any more: the reasons are those that the next pass would find.
    for (const TaskRef& task : unconfirmed_) explain_unconfirmed(*task);
    for (const auto& tasks : unplaced_) explain_unplaced(tasks);
    return outcome_;
  }

 private:
  bool find_waiting();
  void survey_nodes();
  bool is_recent_failure(const api::Task& task) const;

  void confirm(const TaskRef& task);
  void place(std::vector<TaskRef> tasks);
  std::vector<Candidate> candidates_for(const api::Task& task, const TaskNeeds& needs);
  void explain_unconfirmed(const api::Task& task);
  void explain_unplaced(const std::vector<TaskRef>& tasks);

  void assign(const api::Task& task, NodeLoad& load, const char* message);
  void explain(const api::Task& task, const std::string& why);
  bool may_change_more();

  store::Transaction& tx_;
  std::map<std::string, NodeLoad> loads_;  // by node id
  std::vector<TaskRef> preassigned_;
  std::map<GroupKey, std::vector<TaskRef>> groups_;
  std::vector<TaskRef> unconfirmed_;
  std::vector<std::vector<TaskRef>> unplaced_;  // the rest of each group
  size_t changed_ = 0;
  ScheduleOutcome outcome_;
};

bool SchedulerPass::find_waiting() {
  for (const auto& [id, task] : tx_.view().all<api::Task>()) {
    if (!is_waiting(*task)) continue;
    if (task->node_id().empty())
      groups_[group_of(*task)].push_back(task);
    else
      preassigned_.push_back(task);
  }
  return !preassigned_.empty() || !groups_.empty();
}

void SchedulerPass::survey_nodes() {
  for (const auto& [id, node] : tx_.view().all<api::Node>()) loads_.emplace(id, NodeLoad(node));
  for (const auto& [id, task] : tx_.view().all<api::Task>()) {
    auto load = loads_.find(task->node_id());
    if (load == loads_.end()) continue;
    if (task->status().state() > api::PENDING && model::is_live(*task)) load->second.add(*task);
    if (is_recent_failure(*task)) load->second.add_failure(service_version_of(*task));
  }
}

// The manager's own time of the report counts; the node's clock may differ.
bool SchedulerPass::is_recent_failure(const api::Task& task) const {
  const api::TaskStatus& status = task.status();
  if (status.state() != api::FAILED_ && status.state() != api::REJECTED) return false;
  WallTime at = model::to_wall(status.has_applied_at() ? status.applied_at() : status.timestamp());
  return tx_.now() - at < kFailureWindow;
}

void SchedulerPass::confirm(const TaskRef& task) {
  auto load = loads_.find(task->node_id());
  if (load == loads_.end()) return;
  if (TaskNeeds(*task).first_unmet(load->second))
    unconfirmed_.push_back(task);
  else if (may_change_more())
    assign(*task, load->second, "scheduler confirmed task can run on preassigned node");
}

void SchedulerPass::place(std::vector<TaskRef> tasks) {
  std::sort(tasks.begin(), tasks.end(), [](const TaskRef& a, const TaskRef& b) {
    return std::tuple(a->slot(), std::string_view(a->id())) < std::tuple(b->slot(), std::string_view(b->id()));
  });
  const api::Task& any = *tasks.front();
  TaskNeeds needs(any);
  Spread spread(any.spec().placement(), candidates_for(any, needs));
  for (auto task = tasks.begin(); task != tasks.end(); ++task) {
    NodeLoad* load = spread.best();
    if (!load) return unplaced_.emplace_back(task, tasks.end()), void();
    if (!may_change_more()) return;
    assign(**task, *load, "scheduler assigned task to node");
    spread.placed(!needs.first_unmet(*load));
  }
}

std::vector<Candidate> SchedulerPass::candidates_for(const api::Task& task, const TaskNeeds& needs) {
  std::vector<Candidate> out;
  ServiceVersion version = service_version_of(task);
  for (auto& [id, load] : loads_) {
    bool is_fit = !needs.first_unmet(load);
    out.push_back({&load, is_fit, load.active_of(task.service_id()), load.active(), load.failures_of(version)});
  }
  return out;
}

void SchedulerPass::explain_unconfirmed(const api::Task& task) {
  Refusals refusals;
  if (auto unmet = TaskNeeds(task).first_unmet(loads_.at(task.node_id()))) refusals.count(*unmet);
  explain(task, refusals.text());
}

void SchedulerPass::explain_unplaced(const std::vector<TaskRef>& tasks) {
  TaskNeeds needs(*tasks.front());
  Refusals refusals;
  for (const auto& [id, load] : loads_)
    if (auto unmet = needs.first_unmet(load)) refusals.count(*unmet);
  std::string reasons = refusals.text();
  std::string why = "no suitable node" + (reasons.empty() ? "" : " (" + reasons + ")");
  for (const TaskRef& task : tasks) explain(*task, why);
}

void SchedulerPass::assign(const api::Task& task, NodeLoad& load, const char* message) {
  api::Task changed = task;
  changed.set_node_id(load.node().id());
  *changed.mutable_assigned_generic_resources() = load.free().choose_generic(task.spec().resources().reservations());
  changed.clear_status();
  changed.mutable_status()->set_state(api::ASSIGNED);
  changed.mutable_status()->set_message(message);
  *changed.mutable_status()->mutable_timestamp() = model::to_timestamp(tx_.now());
  load.add(changed);
  tx_.update(std::move(changed));
  outcome_.placed.push_back(task.id());
  ++changed_;
}

void SchedulerPass::explain(const api::Task& task, const std::string& why) {
  static const std::string kMessage = "pending task scheduling";
  if (task.status().err() == why && task.status().message() == kMessage) return;
  if (!may_change_more()) return;
  api::Task changed = task;
  changed.mutable_status()->set_err(why);
  changed.mutable_status()->set_message(kMessage);
  *changed.mutable_status()->mutable_timestamp() = model::to_timestamp(tx_.now());
  tx_.update(std::move(changed));
  ++changed_;
}

bool SchedulerPass::may_change_more() {
  if (changed_ < kTasksPerPassMax) return true;
  outcome_.again = tx_.now();
  return false;
}

}  // namespace

ScheduleOutcome schedule(store::Transaction& tx) { return SchedulerPass(tx).run(); }

}  // namespace skein::control
