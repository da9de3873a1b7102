// The tasks that wait for a node, kept along with the tables, and what of them is worth another look.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "control/scheduler/node_load.h"

namespace skein::control {

inline constexpr const char* kWaitingMessage = "pending task scheduling";

inline bool is_waiting(const api::Task& task) {
  return task.status().state() == api::PENDING && task.desired_state() <= api::COMPLETE_;
}

// Tasks that are alike are placed together. One without a service or a version is a group of its own.
struct GroupKey {
  ServiceVersion version;
  std::string lone_task_id;
  auto operator<=>(const GroupKey&) const = default;
};
GroupKey group_of(const api::Task& task);

class WaitingGroup {
 public:
  using Place = std::pair<uint64_t, std::string>;  // slot, task id
  const std::map<Place, store::Ref<api::Task>>& tasks() const { return tasks_; }
  // All of them say this of why they wait.
  bool is_explained(const std::string& why) const;

 private:
  friend class WaitingTasks;
  std::map<Place, store::Ref<api::Task>> tasks_;
  std::map<std::string, size_t> reasons_;  // what so many of them say
};

class WaitingTasks final : public store::Index {
 public:
  void apply(const store::Change& change) override;
  const std::map<GroupKey, WaitingGroup>& groups() const { return groups_; }
  // Null if nobody waits there.
  const WaitingGroup* find(const GroupKey& key) const;
  // Tasks whose node is chosen already, by node; there in the order of their ids.
  const std::map<std::string, WaitingGroup>& preassigned() const { return preassigned_; }

 private:
  std::map<GroupKey, WaitingGroup> groups_;
  std::map<std::string, WaitingGroup> preassigned_;
};

// Which of the waiting tasks have news to wait for: who began to wait, and nodes that can take more than before.
struct ScheduleWork {
  bool everything = false;        // also: some node takes more than before
  std::set<GroupKey> groups;      // to be placed
  std::set<std::string> confirm;  // nodes with preassigned tasks

  bool is_empty() const { return !everything && groups.empty() && confirm.empty(); }
  void take(const store::Changes& changes);
  void merge(ScheduleWork other);
};

// A node in what placement looks at: attachments, addresses and times of writing are not part of it.
bool is_placed_alike(const api::Node& before, const api::Node& after);

}  // namespace skein::control
