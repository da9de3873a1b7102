// Which networks a list shows and a prune removes. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "api/requests/filters.h"

namespace skein::api {

// The names that Docker gives to networks of its own, which nobody can remove.
bool is_predefined_network(const std::string& name);

class NetworkFilters {
 public:
  // Of GET /networks: dangling, driver, id, label, name, scope, type.
  static Result<NetworkFilters> of_list(const io::http::Query& query);
  // Of POST /networks/prune: label, label!, until.
  static Result<NetworkFilters> of_prune(const io::http::Query& query, WallTime now);

  // `network`: as it is shown; `is_used`: by a container or a service.
  bool lists(const nlohmann::json& network, bool is_used) const;
  // Used ones, predefined ones and the ingress network are never pruned.
  bool prunes(const nlohmann::json& network, bool is_used) const;

 private:
  ListFilters filters_;
  std::optional<bool> is_dangling_;
  std::optional<WallTime> until_;
};

}  // namespace skein::api
