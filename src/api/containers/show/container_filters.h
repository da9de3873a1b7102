// Which containers GET /containers/json lists and POST /containers/prune removes. All filters are applied here: the
// engine knows nothing of health and of our networks, and takes others for something else. Pure.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>

#include "api/requests/filters.h"
#include "containers/health/health_check.h"

namespace skein::api {

class ContainerFilters {
 public:
  // The record of who checks the container's health; nullptr if nobody does.
  using HealthOf = std::function<const containers::HealthRecord*(const std::string& id)>;

  // Of GET /containers/json: Docker's filters, `all` and `limit`. kInvalidArgument for other filters.
  static Result<ContainerFilters> of_list(const io::http::Query& query);
  // label, label!, until.
  static Result<ContainerFilters> of_prune(const io::http::Query& query, WallTime now);

  // Images that are named by the filter "ancestor", whose ids have to be told.
  const std::set<std::string>& ancestors() const { return filters_.values("ancestor"); }
  void know_image(const std::string& id) { ancestor_ids_.insert(id); }

  // Of entries as they are shown, newest first: those that are wanted. kNotFound for a container in "before" or "since"
  // that does not exist.
  Result<nlohmann::json> pick(nlohmann::json entries, const HealthOf& health_of) const;
  bool prunes(const nlohmann::json& entry) const;

 private:
  bool passes(const nlohmann::json& entry, const containers::HealthRecord* record) const;
  bool passes_state(const nlohmann::json& entry) const;
  bool passes_ports(const nlohmann::json& entry) const;

  ListFilters filters_;
  bool is_all_ = false;
  size_t count_max_ = SIZE_MAX;
  std::optional<bool> is_task_;
  std::optional<WallTime> until_;
  std::set<std::string> ancestor_ids_;
  std::set<std::string> published_, exposed_;  // "80/tcp"
};

}  // namespace skein::api
