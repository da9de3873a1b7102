// How many tasks of each service are in which state, kept along with the tables.
#pragma once

#include <map>
#include <string>

#include "store/tables.h"

namespace skein::api {

class TaskCounts final : public store::Index {
 public:
  struct Standing {
    uint64_t iteration = 0;  // of jobs
    model::api::TaskState state = model::api::NEW;
    model::api::TaskState desired = model::api::NEW;
    auto operator<=>(const Standing&) const = default;
  };
  using OfService = std::map<Standing, uint64_t>;

  void apply(const store::Change& change) override {
    using model::api::Task;
    if (auto old = change.old<Task>()) count(*old, false);
    if (auto now = change.now<Task>()) count(*now, true);
  }
  const OfService& of_service(const std::string& id) const {
    static const OfService kNone;
    auto found = services_.find(id);
    return found == services_.end() ? kNone : found->second;
  }

 private:
  void count(const model::api::Task& task, bool is_there) {
    if (task.service_id().empty()) return;
    OfService& counts = services_[task.service_id()];
    const Standing standing{task.job_iteration().index(), task.status().state(), task.desired_state()};
    if (is_there) return ++counts[standing], void();
    if (--counts[standing] == 0) counts.erase(standing);
    if (counts.empty()) services_.erase(task.service_id());
  }

  std::map<std::string, OfService> services_;
};

}  // namespace skein::api
