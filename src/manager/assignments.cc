#include "manager/assignments.h"

namespace skein::manager {

namespace api = store::api;

namespace {

// Two tasks with the same essence need no message: the node itself reports the status, and the orchestrator's notes
// are its own.
std::string essence(const api::Task& task) {
  api::Task bare = task;
  bare.clear_status();
  bare.clear_meta();
  bare.clear_rollout();
  return bare.SerializeAsString();
}

}  // namespace

std::optional<api::AssignmentsMessage> AssignmentSequence::next(const store::Tables& view) {
  bool is_first = sent_ == 0;
  api::AssignmentsMessage message;
  std::map<std::string, std::string> now;
  for (const auto& task : view.tasks_on_node(node_id_)) {
    if (task->status().state() < api::ASSIGNED) continue;
    std::string bare = essence(*task);
    auto before = tasks_.find(task->id());
    if (before == tasks_.end() || before->second != bare) {
      auto* change = message.add_changes();
      change->set_action(api::AssignmentChange::UPDATE);
      *change->mutable_assignment()->mutable_task() = *task;
    }
    now[task->id()] = std::move(bare);
  }
  for (const auto& [id, bare] : tasks_) {
    if (now.contains(id)) continue;
    auto* change = message.add_changes();
    change->set_action(api::AssignmentChange::REMOVE);
    change->mutable_assignment()->mutable_task()->set_id(id);
  }
  tasks_ = std::move(now);
  if (!is_first && message.changes().empty()) return std::nullopt;
  message.set_type(is_first ? api::AssignmentsMessage::COMPLETE : api::AssignmentsMessage::INCREMENTAL);
  if (!is_first) message.set_applies_to(std::to_string(sent_));
  message.set_results_in(std::to_string(++sent_));
  return message;
}

}  // namespace skein::manager
