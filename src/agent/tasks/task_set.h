// The tasks assigned to this node, and the secrets and configs that they need, kept from AssignmentsMessages. Pure.
#pragma once

#include <string>
#include <vector>

#include "agent/container/shared_task.h"
#include "agent/container/task_dependencies.h"
#include "model/objects.h"
#include "wire/proto/dispatcher.pb.h"

namespace skein::agent {

namespace api = model::api;

class TaskSet {
 public:
  struct Difference {
    std::vector<std::string> updated;  // new or changed
    std::vector<std::string> removed;
  };

  // An INCREMENTAL message that does not follow the last one is kAborted: the stream must be opened anew.
  Result<Difference> apply(const api::AssignmentsMessage& message);

  const SharedTasks& tasks() const { return tasks_; }
  const api::Task* find(const std::string& id) const;
  // As it is now: a later message makes another.
  std::shared_ptr<const Dependencies> dependencies() const { return dependencies_; }
  // A new stream begins with a COMPLETE message.
  void begin_stream() { last_.clear(); }

 private:
  std::string last_;  // results_in of the last message
  void apply_dependencies(const api::AssignmentsMessage& message, bool is_complete);

  SharedTasks tasks_;
  std::shared_ptr<const Dependencies> dependencies_ = std::make_shared<const Dependencies>();
};

}  // namespace skein::agent
