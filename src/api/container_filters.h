// The filters of GET /containers/json that the engine cannot apply, as it knows nothing of health and of our networks.
// Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "agent/health_check.h"
#include "api/filters.h"

namespace skein::api {

class ContainerFilters {
 public:
  // Takes "health" and "network" out of `query`, which is for the engine; and with them the limit, which counts what
  // has passed all filters. kInvalidArgument for a health that Docker does not know.
  static Result<ContainerFilters> take(io::http::Query& query);

  // `entry`: as it is shown; `record`: nullptr if nobody checks its health.
  bool passes(const nlohmann::json& entry, const agent::HealthRecord* record) const;
  // Cuts the list of those that passed.
  void limit(nlohmann::json& entries) const;

 private:
  ListFilters filters_;
  size_t count_max_ = SIZE_MAX;
};

}  // namespace skein::api
