// What one node is told to run, as a numbered sequence of AssignmentsMessages: first everything, then differences.
// Pure; one object per open Assignments stream. Rules: dispatcher wire facts, "Assignments semantics".
//
// The cost of a message follows the tasks that changed, not those of the node or of the swarm.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/tables.h"
#include "wire/proto/dispatcher.pb.h"

namespace skein::manager {

class AssignmentSequence {
 public:
  // So many changed tasks are remembered; beyond that all of the node's are compared.
  static constexpr size_t kNotedMax = 10'000;

  explicit AssignmentSequence(std::string node_id) : node_id_(std::move(node_id)) {}

  // A task has changed that is or was the node's; others do no harm.
  void note(const std::string& task_id);

  // The first call gives COMPLETE; later calls give the INCREMENTAL difference that the noted changes make, or none.
  // Tasks are sent from ASSIGNED on; a change of a task's status or of the orchestrator's notes is not sent.
  std::optional<store::api::AssignmentsMessage> next(const store::Tables& view);

 private:
  void compare(const store::Tables& view, const std::string& task_id, store::api::AssignmentsMessage& message);

  std::string node_id_;
  uint64_t sent_ = 0;
  std::map<std::string, store::Ref<store::api::Task>> told_;  // as last sent, but for status and notes
  std::set<std::string> noted_;
};

// The nodes whose assignments a change of the store may touch: where the task was, and where it is.
std::vector<std::string> nodes_assigned_by(const store::Change& change);

}  // namespace skein::manager
