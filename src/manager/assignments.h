// What one node is told to run, as a numbered sequence of AssignmentsMessages: first everything, then differences.
// Pure; one object per open Assignments stream. Rules: dispatcher wire facts, "Assignments semantics".
#pragma once

#include <map>
#include <optional>
#include <string>

#include "store/tables.h"
#include "wire/proto/dispatcher.pb.h"

namespace skein::manager {

class AssignmentSequence {
 public:
  explicit AssignmentSequence(std::string node_id) : node_id_(std::move(node_id)) {}

  // The first call gives COMPLETE, later calls the INCREMENTAL difference; none when nothing changed for the node.
  // Tasks are sent from ASSIGNED on; a change of a task's status alone is not sent again.
  std::optional<store::api::AssignmentsMessage> next(const store::Tables& view);

 private:
  std::string node_id_;
  uint64_t sent_ = 0;
  std::map<std::string, std::string> tasks_;  // id -> what was sent of it, without status and meta
};

}  // namespace skein::manager
