// Tasks of services that have no addresses yet (NEW), kept along with the tables, by service: those that nobody has
// tried to give some, and those that said why they wait, by their networks.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "manager/addresses/network_addresses.h"
#include "store/tables.h"

namespace skein::manager {

class NewTasks final : public store::Index {
 public:
  using Networks = std::vector<std::string>;                                       // as networks_of() lists them
  using Tasks = std::map<std::string, store::Ref<store::api::Task>, std::less<>>;  // by id
  struct OfService {
    Tasks untried;
    std::map<Networks, Tasks> starved;
  };

  void apply(const store::Change& change) override {
    using store::api::Task;
    if (auto old = change.old<Task>(); old && is_new(*old)) remove(*old);
    if (auto now = change.now<Task>(); now && is_new(*now))
      tasks_in(services_[now->service_id()], *now)[change.id] = now;
  }

  // Null if the service has none.
  const OfService* find(const std::string& service) const {
    auto found = services_.find(service);
    return found == services_.end() ? nullptr : &found->second;
  }
  // The next one of those that starve on these networks, in the order of their ids; null after the last.
  store::Ref<store::api::Task> starved_after(const std::string& service, const Networks& networks,
                                             const std::string& id) const {
    auto* tasks = find(service);
    if (!tasks || !tasks->starved.contains(networks)) return nullptr;
    const Tasks& group = tasks->starved.at(networks);
    auto next = group.upper_bound(id);
    return next == group.end() ? nullptr : next->second;
  }

 private:
  static bool is_new(const store::api::Task& task) {
    return task.status().state() == store::api::NEW && task.desired_state() <= store::api::COMPLETE_ &&
           !task.service_id().empty();
  }
  static Tasks& tasks_in(OfService& service, const store::api::Task& task) {
    return task.status().err().empty() ? service.untried : service.starved[networks_of(task)];
  }
  void remove(const store::api::Task& task) {
    auto found = services_.find(task.service_id());
    Tasks& tasks = tasks_in(found->second, task);
    tasks.erase(task.id());
    if (tasks.empty() && &tasks != &found->second.untried) found->second.starved.erase(networks_of(task));
    if (found->second.untried.empty() && found->second.starved.empty()) services_.erase(found);
  }

  std::map<std::string, OfService> services_;
};

}  // namespace skein::manager
