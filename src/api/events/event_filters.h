// Which events GET /events tells. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "api/requests/filters.h"

namespace skein::api {

class EventFilters {
 public:
  // type, event, scope, label, and for each type (container, image, network, service …) the id or the name of the
  // actor, or the beginning of it.
  static Result<EventFilters> of(const io::http::Query& query);

  bool pass(const nlohmann::json& event) const;

 private:
  ListFilters filters_;
};

}  // namespace skein::api
