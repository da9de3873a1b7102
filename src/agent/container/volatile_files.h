// Files of containers that must never be on a disk: a folder for each task on a tmpfs of the host that is not swapped
// out, mounted when it is needed first. It outlives the daemon, not the host. Thin.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "agent/container/task_dependencies.h"

namespace skein::agent {

struct VolatileRoot {
  std::string folder = "/run/skein/secrets";
  // Makes what is below the folder volatile; done already is no error.
  std::function<Result<void>(const std::string& folder)> mount;
};
// For a host whose kernel takes it; before Linux 6.4 it may be swapped out.
Result<void> mount_volatile(const std::string& folder);

class VolatileFiles {
 public:
  explicit VolatileFiles(VolatileRoot root) : root_(std::move(root)) {}

  // "/run/skein/secrets/<task>/<index>", to be bound into the container.
  std::string path(const std::string& task_id, size_t index) const;
  // Empty files for the engine to bind.
  Result<void> prepare(const std::string& task_id, size_t count) const;
  // What the container will read. In place, since it may be bound already.
  Result<void> write(const std::string& task_id, const std::vector<DependencyFile>& files) const;
  // Those of a task that has none are no error. What a container still has bound goes with the container.
  void remove(const std::string& task_id) const;
  // Those of tasks that are gone.
  void keep_only(const std::set<std::string>& task_ids) const;

 private:
  std::string folder_of(const std::string& task_id) const { return root_.folder + "/" + task_id; }

  VolatileRoot root_;
};

}  // namespace skein::agent
