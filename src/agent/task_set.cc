#include "agent/task_set.h"

namespace skein::agent {

const api::Task* TaskSet::find(const std::string& id) const {
  auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : &found->second;
}

Result<TaskSet::Difference> TaskSet::apply(const api::AssignmentsMessage& message) {
  bool is_complete = message.type() == api::AssignmentsMessage::COMPLETE;
  if (!is_complete && message.applies_to() != last_)
    return make_error(Code::kAborted, "assignments are out of sequence",
                      "got a difference to " + message.applies_to() + ", have " + last_);
  last_ = message.results_in();
  Difference out;
  auto before = is_complete ? std::exchange(tasks_, {}) : std::map<std::string, api::Task>();
  for (const auto& change : message.changes()) {
    if (!change.assignment().has_task()) continue;
    const api::Task& task = change.assignment().task();
    if (change.action() == api::AssignmentChange::REMOVE) {
      if (!is_complete && tasks_.erase(task.id()) > 0) out.removed.push_back(task.id());
      continue;
    }
    // A desired state never decreases.
    auto& mine = tasks_[task.id()];
    auto wanted = std::max(task.desired_state(), mine.desired_state());
    mine = task;
    mine.set_desired_state(wanted);
    out.updated.push_back(task.id());
  }
  for (const auto& [id, task] : before)
    if (!tasks_.contains(id)) out.removed.push_back(id);
  return out;
}

}  // namespace skein::agent
