// Tasks of services that have no addresses yet (NEW), kept along with the tables, by service: those that nobody has
// tried to give some, and those that said why they wait.
#pragma once

#include <map>
#include <string>

#include "store/tables.h"

namespace skein::manager {

class NewTasks final : public store::Index {
 public:
  using Tasks = std::map<std::string, store::Ref<store::api::Task>>;  // by id
  struct OfService {
    Tasks untried;
    Tasks starved;
  };

  void apply(const store::Change& change) override {
    using store::api::Task;
    if (auto old = change.old<Task>(); old && is_new(*old)) {
      auto found = services_.find(old->service_id());
      tasks_in(found->second, *old).erase(change.id);
      if (found->second.untried.empty() && found->second.starved.empty()) services_.erase(found);
    }
    if (auto now = change.now<Task>(); now && is_new(*now))
      tasks_in(services_[now->service_id()], *now)[change.id] = now;
  }

  // As they are now; what is written meanwhile does not change the answer.
  OfService of_service(const std::string& id) const {
    auto found = services_.find(id);
    return found == services_.end() ? OfService() : found->second;
  }

 private:
  static bool is_new(const store::api::Task& task) {
    return task.status().state() == store::api::NEW && task.desired_state() <= store::api::COMPLETE_ &&
           !task.service_id().empty();
  }
  static Tasks& tasks_in(OfService& service, const store::api::Task& task) {
    return task.status().err().empty() ? service.untried : service.starved;
  }

  std::map<std::string, OfService> services_;
};

}  // namespace skein::manager
