// What one node is told to run, as a numbered sequence of AssignmentsMessages: first everything, then differences.
// Pure; one object per open Assignments stream. Rules: dispatcher wire facts, "Assignments semantics".
//
// The cost of a message follows the tasks that changed, not those of the node or of the swarm. With a task goes what it
// depends on, its secrets and configs: once for all tasks of the node that need it, until the last of them has ended.
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

  // Of secrets and configs, so many bytes go into one message, which nodes take up to 4 MiB; one always does.
  static constexpr size_t kDependencyBytesMax = size_t{2} << 20;

  // A task has changed that is or was the node's; others do no harm.
  void note(const std::string& task_id);

  // The first call gives COMPLETE; later calls give the INCREMENTAL difference that the noted changes make, or none.
  // Tasks are sent from ASSIGNED on; a change of a task's status or of the orchestrator's notes is not sent.
  // A task that the node does not know yet waits for the message with the last of its dependencies.
  std::optional<store::api::AssignmentsMessage> next(const store::Tables& view);
  // Something that was noted did not fit into the last message.
  bool has_more() const { return sent_ != 0 && !noted_.empty(); }

 private:
  struct Dependency {
    store::Kind kind;
    std::string id;
    auto operator<=>(const Dependency&) const = default;
  };
  class Composition;  // of one message
  bool compare(const store::Tables& view, const std::string& task_id, Composition& out);
  bool take_dependencies(const store::Tables& view, const store::api::Task& task, Composition& out);
  template <class T>
  bool take(const store::Ref<T>& object, std::set<Dependency>& held, Composition& out);
  void release_dependencies(const std::string& task_id, Composition& out);
  void end_releases(Composition& out);

  std::string node_id_;
  uint64_t sent_ = 0;
  std::map<std::string, store::Ref<store::api::Task>> told_;  // as last sent, but for status and notes
  std::set<std::string> noted_;
  std::map<std::string, std::set<Dependency>> held_;  // by task
  std::map<Dependency, size_t> holders_;              // how many tasks; what is here, the node has
};

// The nodes whose assignments a change of the store may touch: where the task was, and where it is.
std::vector<std::string> nodes_assigned_by(const store::Change& change);

}  // namespace skein::manager
