#include "manager/assignments.h"

#include <google/protobuf/util/message_differencer.h>

#include <array>
#include <utility>

namespace skein::manager {

namespace api = store::api;

namespace {

// Two such tasks need no message: the node itself reports the status, and the orchestrator's notes are its own.
bool is_same_assignment(const store::Ref<api::Task>& before, const store::Ref<api::Task>& after) {
  if (before == after) return true;
  auto field = [](const char* name) { return api::Task::descriptor()->FindFieldByName(name); };
  static const std::array ignored{field("status"), field("meta"), field("rollout")};
  google::protobuf::util::MessageDifferencer differencer;
  for (const auto* each : ignored) differencer.IgnoreField(each);
  return differencer.Compare(*before, *after);
}

}  // namespace

void AssignmentSequence::note(const std::string& task_id) {
  if (sent_ != 0 && noted_.size() <= kNotedMax) noted_.insert(task_id);
}

void AssignmentSequence::compare(const store::Tables& view, const std::string& task_id,
                                 api::AssignmentsMessage& message) {
  auto before = told_.find(task_id);
  auto task = view.get<api::Task>(task_id);
  const bool is_assigned = task && task->node_id() == node_id_ && task->status().state() >= api::ASSIGNED;
  if (is_assigned) {
    const bool is_same = before != told_.end() && is_same_assignment(before->second, task);
    if (!is_same) {
      auto* change = message.add_changes();
      change->set_action(api::AssignmentChange::UPDATE);
      *change->mutable_assignment()->mutable_task() = *task;
    }
    told_[task_id] = std::move(task);
  } else if (before != told_.end()) {
    auto* change = message.add_changes();
    change->set_action(api::AssignmentChange::REMOVE);
    change->mutable_assignment()->mutable_task()->set_id(task_id);
    told_.erase(before);
  }
}

std::optional<api::AssignmentsMessage> AssignmentSequence::next(const store::Tables& view) {
  const bool is_first = sent_ == 0;
  std::set<std::string> changed = std::exchange(noted_, {});
  if (is_first || changed.size() > kNotedMax) {
    for (const auto& task : view.tasks_on_node(node_id_)) changed.insert(task->id());
    for (const auto& [id, task] : told_) changed.insert(id);
  }
  api::AssignmentsMessage message;
  for (const auto& id : changed) compare(view, id, message);
  if (!is_first && message.changes().empty()) return std::nullopt;
  message.set_type(is_first ? api::AssignmentsMessage::COMPLETE : api::AssignmentsMessage::INCREMENTAL);
  if (!is_first) message.set_applies_to(std::to_string(sent_));
  message.set_results_in(std::to_string(++sent_));
  return message;
}

std::vector<std::string> nodes_assigned_by(const store::Change& change) {
  std::vector<std::string> out;
  if (change.kind != store::Kind::kTask) return out;
  auto before = change.old<api::Task>(), after = change.now<api::Task>();
  if (before && !before->node_id().empty()) out.push_back(before->node_id());
  if (after && !after->node_id().empty() && (out.empty() || out[0] != after->node_id()))
    out.push_back(after->node_id());
  return out;
}

}  // namespace skein::manager
