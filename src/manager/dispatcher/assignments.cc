#include "manager/dispatcher/assignments.h"

#include <google/protobuf/util/message_differencer.h>

#include <array>
#include <type_traits>
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

class AssignmentSequence::Composition {
 public:
  api::AssignmentChange& add(api::AssignmentChange::Action action) {
    auto& change = *message.add_changes();
    change.set_action(action);
    return change;
  }
  bool takes(size_t bytes) {
    if (dependency_bytes_ != 0 && dependency_bytes_ + bytes > kDependencyBytesMax) return false;
    dependency_bytes_ += bytes;
    return true;
  }
  api::AssignmentsMessage message;
  std::vector<Dependency> released;

 private:
  size_t dependency_bytes_ = 0;
};

// Whether there was room for all that the task depends on.
bool AssignmentSequence::compare(const store::Tables& view, const std::string& task_id, Composition& out) {
  auto before = told_.find(task_id);
  auto task = view.get<api::Task>(task_id);
  const bool is_assigned = task && task->node_id() == node_id_ && task->status().state() >= api::ASSIGNED;
  if (!is_assigned) {
    release_dependencies(task_id, out);
    if (before == told_.end()) return true;
    out.add(api::AssignmentChange::REMOVE).mutable_assignment()->mutable_task()->set_id(task_id);
    told_.erase(before);
    return true;
  }
  bool is_whole = true;
  if (model::is_live(*task))
    is_whole = take_dependencies(view, *task, out);
  else
    release_dependencies(task_id, out);
  const bool is_new = before == told_.end();
  if (is_new && !is_whole && task->status().state() == api::ASSIGNED) return false;
  if (is_new || !is_same_assignment(before->second, task))
    *out.add(api::AssignmentChange::UPDATE).mutable_assignment()->mutable_task() = *task;
  told_[task_id] = std::move(task);
  return is_whole;
}

// What is not in the store nobody can give; the node says so.
bool AssignmentSequence::take_dependencies(const store::Tables& view, const api::Task& task, Composition& out) {
  const auto& container = task.spec().container();
  if (container.secrets().empty() && container.configs().empty()) return true;
  auto& held = held_[task.id()];
  bool is_whole = true;
  for (const auto& reference : container.secrets())
    is_whole = take(view.get<api::Secret>(reference.secret_id()), held, out) && is_whole;
  for (const auto& reference : container.configs())
    is_whole = take(view.get<api::Config>(reference.config_id()), held, out) && is_whole;
  return is_whole;
}

template <class T>
bool AssignmentSequence::take(const store::Ref<T>& object, std::set<Dependency>& held, Composition& out) {
  if (!object) return true;
  const Dependency key{store::KindOf<T>::value, object->id()};
  if (held.contains(key)) return true;
  if (!holders_.contains(key)) {
    if (!out.takes(object->ByteSizeLong())) return false;
    auto& item = *out.add(api::AssignmentChange::UPDATE).mutable_assignment();
    if constexpr (std::is_same_v<T, api::Secret>)
      *item.mutable_secret() = *object;
    else
      *item.mutable_config() = *object;
  }
  ++holders_[key];
  const bool is_new = held.insert(key).second;
  SKEIN_ASSERT(is_new);
  return true;
}

void AssignmentSequence::release_dependencies(const std::string& task_id, Composition& out) {
  auto held = held_.find(task_id);
  if (held == held_.end()) return;
  out.released.insert(out.released.end(), held->second.begin(), held->second.end());
  held_.erase(held);
}

// Last, so that what one task leaves and another takes is not sent again.
void AssignmentSequence::end_releases(Composition& out) {
  for (const auto& key : out.released) {
    auto holders = holders_.find(key);
    SKEIN_ASSERT(holders != holders_.end() && holders->second > 0);
    if (--holders->second > 0) continue;
    holders_.erase(holders);
    auto& item = *out.add(api::AssignmentChange::REMOVE).mutable_assignment();
    if (key.kind == store::Kind::kSecret)
      item.mutable_secret()->set_id(key.id);
    else
      item.mutable_config()->set_id(key.id);
  }
}

std::optional<api::AssignmentsMessage> AssignmentSequence::next(const store::Tables& view) {
  const bool is_first = sent_ == 0;
  std::set<std::string> changed = std::exchange(noted_, {});
  if (is_first || changed.size() > kNotedMax) {
    for (const auto& task : view.tasks_on_node(node_id_)) changed.insert(task->id());
    for (const auto& [id, task] : told_) changed.insert(id);
  }
  Composition out;
  for (const auto& id : changed)
    if (!compare(view, id, out)) noted_.insert(id);
  end_releases(out);
  SKEIN_ASSERT(held_.size() <= told_.size() + noted_.size() && "what a task needs is held for it alone");
  SKEIN_ASSERT(!is_first || sent_ == 0);
  api::AssignmentsMessage& message = out.message;
  if (!is_first && message.changes().empty()) return std::nullopt;
  message.set_type(is_first ? api::AssignmentsMessage::COMPLETE : api::AssignmentsMessage::INCREMENTAL);
  if (!is_first) message.set_applies_to(std::to_string(sent_));
  message.set_results_in(std::to_string(++sent_));
  return std::move(message);
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
