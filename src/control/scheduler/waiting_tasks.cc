#include "control/scheduler/waiting_tasks.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

namespace skein::control {

using google::protobuf::util::MessageDifferencer;

GroupKey group_of(const api::Task& task) {
  bool is_lone = task.service_id().empty() || !task.has_spec_version();
  return {service_version_of(task), is_lone ? task.id() : std::string()};
}

namespace {

// A reason that was written with other words around it is none.
std::string reason_of(const api::Task& task) {
  return task.status().message() == kWaitingMessage ? task.status().err() : std::string();
}

}  // namespace

bool WaitingGroup::is_explained(const std::string& why) const {
  return reasons_.size() == 1 && reasons_.begin()->first == why;
}

const WaitingGroup* WaitingTasks::find(const GroupKey& key) const {
  auto found = groups_.find(key);
  return found == groups_.end() ? nullptr : &found->second;
}

void WaitingTasks::apply(const store::Change& change) {
  if (change.kind != store::Kind::kTask) return;
  auto remove = [](auto& groups, const auto& key, const api::Task& task) {
    auto group = groups.find(key);
    SKEIN_ASSERT(group != groups.end());
    const bool was_there = group->second.tasks_.erase({task.slot(), task.id()}) > 0;
    auto reason = group->second.reasons_.find(reason_of(task));
    SKEIN_ASSERT(was_there && reason != group->second.reasons_.end() && reason->second > 0);
    if (--reason->second == 0) group->second.reasons_.erase(reason);
    if (group->second.tasks_.empty()) groups.erase(group);
  };
  auto add = [](auto& groups, const auto& key, const store::Ref<api::Task>& task) {
    const bool is_new = groups[key].tasks_.try_emplace({task->slot(), task->id()}, task).second;
    SKEIN_ASSERT(is_new);
    ++groups[key].reasons_[reason_of(*task)];
  };
  if (auto old = change.old<api::Task>(); old && is_waiting(*old))
    old->node_id().empty() ? remove(groups_, group_of(*old), *old) : remove(preassigned_, old->node_id(), *old);
  if (auto now = change.now<api::Task>(); now && is_waiting(*now))
    now->node_id().empty() ? add(groups_, group_of(*now), now) : add(preassigned_, now->node_id(), now);
}

bool is_placed_alike(const api::Node& before, const api::Node& after) {
  return before.status().state() == after.status().state() && before.role() == after.role() &&
         before.status().addr() == after.status().addr() && MessageDifferencer::Equals(before.spec(), after.spec()) &&
         MessageDifferencer::Equals(before.description(), after.description());
}

namespace {

// Whether the end of such a task can be what another one waited for.
bool gives_room(const api::Task& task) {
  return task.spec().resources().has_reservations() || !task.assigned_generic_resources().empty() ||
         task.spec().placement().max_replicas() > 0 || !host_ports_of(task).empty();
}

bool counts(const api::Task& task) { return is_placed(task) && task.desired_state() <= api::COMPLETE_; }

}  // namespace

void ScheduleWork::take(const store::Changes& changes) {
  for (const store::Change& change : changes) {
    if (change.kind == store::Kind::kNode) {
      auto old = change.old<api::Node>(), now = change.now<api::Node>();
      if (old != now && (!old || !now || !is_placed_alike(*old, *now))) everything = true;
    }
    if (change.kind != store::Kind::kTask) continue;
    auto old = change.old<api::Task>(), now = change.now<api::Task>();
    if (now && is_waiting(*now) && !(old && is_waiting(*old))) {
      if (now->node_id().empty())
        groups.insert(group_of(*now));
      else
        confirm.insert(now->node_id());
    }
    if (!old || !is_placed(*old) || !gives_room(*old)) continue;
    const bool has_ended = !now || !is_placed(*now), counts_less = counts(*old) && !(now && counts(*now));
    everything = everything || has_ended || counts_less;
  }
}

void ScheduleWork::merge(ScheduleWork other) {
  everything = everything || other.everything;
  groups.merge(other.groups);
  confirm.merge(other.confirm);
}

}  // namespace skein::control
