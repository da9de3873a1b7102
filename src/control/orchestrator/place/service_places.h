// The places of services with their histories, kept along with the tables: one task's change costs what its place
// costs, not what its service costs.
#pragma once

#include <map>
#include <string>

#include "control/orchestrator/place/place.h"

namespace skein::control {

class ServicePlaces final : public store::Index {
 public:
  void apply(const store::Change& change) override;

  // Slot 0 of a replicated job is a place of its own on each node here, see histories_of().
  Histories all(const std::string& service_id) const;
  // Never null.
  HistoryRef at(const std::string& service_id, const Place& place) const;
  // How many places no task is missing from. Not for jobs.
  size_t occupied(const std::string& service_id) const;

 private:
  struct Service {
    std::map<Place, HistoryRef> places;
    size_t occupied = 0;
  };
  template <class Edit>
  void edit(const api::Task& task, Edit change);

  std::map<std::string, Service> services_;
};

// The place of a task as the task alone tells it; right for all but slot 0 of a replicated job.
Place place_of(const api::Task& task);

Histories histories_of(const store::Tables& view, const api::Service& service);

}  // namespace skein::control
