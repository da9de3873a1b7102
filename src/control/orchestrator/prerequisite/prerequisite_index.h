// Who waits for which service, and how far each service is, kept along with the tables: a change of a task costs what
// those cost that wait for it.
#pragma once

#include <map>
#include <set>
#include <string>

#include "control/orchestrator/place/place.h"

namespace skein::control {

class PrerequisiteIndex final : public store::Index {
 public:
  void apply(const store::Change& change) override;

  // Ids of services that name this one.
  const std::set<std::string>& dependents_of(const std::string& name) const;
  // Places with a task that is not to start yet.
  std::set<Place> held(const std::string& service_id) const;
  // Wanted tasks that start or run, by id.
  const std::map<std::string, store::Ref<api::Task>>& up(const std::string& service_id) const;
  // How many tasks of a job's iteration are complete.
  uint64_t completed(const std::string& service_id, uint64_t iteration) const;

 private:
  void count(const api::Task& task, int by);

  std::map<std::string, std::set<std::string>> dependents_;
  std::map<std::string, std::map<std::string, Place>> held_;
  std::map<std::string, std::map<std::string, store::Ref<api::Task>>> up_;
  std::map<std::pair<std::string, uint64_t>, uint64_t> completed_;
};

}  // namespace skein::control
