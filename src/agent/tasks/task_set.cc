#include "agent/tasks/task_set.h"

#include <algorithm>

namespace skein::agent {

const api::Task* TaskSet::find(const std::string& id) const {
  auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : found->second.get();
}

namespace {

template <class T>
void apply_one(const T& object, bool is_removed, Contents& into) {
  if (is_removed)
    into.erase(object.id());
  else
    into[object.id()] =
        std::make_shared<const Content>(Content{object.spec().data(), object.spec().templating().name()});
}

bool is_dependency(const api::Assignment& assignment) { return assignment.has_secret() || assignment.has_config(); }

}  // namespace

// Removals first, as Docker does it: a message may say both of one object.
void TaskSet::apply_dependencies(const api::AssignmentsMessage& message, bool is_complete) {
  const bool is_concerned = is_complete || std::ranges::any_of(message.changes(), [](const auto& change) {
                              return is_dependency(change.assignment());
                            });
  if (!is_concerned) return;
  auto next = is_complete ? std::make_shared<Dependencies>() : std::make_shared<Dependencies>(*dependencies_);
  for (const auto action : {api::AssignmentChange::REMOVE, api::AssignmentChange::UPDATE})
    for (const auto& change : message.changes()) {
      if (change.action() != action) continue;
      const bool is_removed = action == api::AssignmentChange::REMOVE;
      if (change.assignment().has_secret()) apply_one(change.assignment().secret(), is_removed, next->secrets);
      if (change.assignment().has_config()) apply_one(change.assignment().config(), is_removed, next->configs);
    }
  dependencies_ = std::move(next);
}

Result<TaskSet::Difference> TaskSet::apply(const api::AssignmentsMessage& message) {
  bool is_complete = message.type() == api::AssignmentsMessage::COMPLETE;
  if (!is_complete && message.applies_to() != last_)
    return make_error(Code::kAborted, "assignments are out of sequence",
                      "got a difference to " + message.applies_to() + ", have " + last_);
  last_ = message.results_in();
  apply_dependencies(message, is_complete);
  Difference out;
  auto before = is_complete ? std::exchange(tasks_, {}) : SharedTasks();
  for (const auto& change : message.changes()) {
    if (!change.assignment().has_task()) continue;
    const api::Task& task = change.assignment().task();
    if (change.action() == api::AssignmentChange::REMOVE) {
      if (!is_complete && tasks_.erase(task.id()) > 0) out.removed.push_back(task.id());
      continue;
    }
    // A desired state never decreases.
    SharedTask& mine = tasks_[task.id()];
    auto next = std::make_shared<api::Task>(task);
    if (mine) next->set_desired_state(std::max(task.desired_state(), mine->desired_state()));
    mine = std::move(next);
    out.updated.push_back(task.id());
  }
  for (const auto& [id, task] : before)
    if (!tasks_.contains(id)) out.removed.push_back(id);
  return out;
}

}  // namespace skein::agent
