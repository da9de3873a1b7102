// Which volumes a list shows and a prune removes. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "api/requests/filters.h"

namespace skein::api {

// Docker's mark of volumes that nobody gave a name.
inline constexpr const char* kAnonymousLabel = "com.docker.volume.anonymous";

class VolumeFilters {
 public:
  // Of GET /volumes: dangling, driver, label, name.
  static Result<VolumeFilters> of_list(const io::http::Query& query);
  // Of POST /volumes/prune: all, label, label!. Before version 1.42 of the API every unused volume is meant; since
  // then those with a name are only with all=true.
  static Result<VolumeFilters> of_prune(const io::http::Query& query, io::http::ApiVersion version);

  bool asks_for_use() const { return is_dangling_.has_value(); }
  // `volume`: as it is shown; `is_used`: by a container, running or not.
  bool lists(const nlohmann::json& volume, bool is_used) const;
  bool prunes(const nlohmann::json& volume, bool is_used) const;

 private:
  ListFilters filters_;
  std::optional<bool> is_dangling_;
  bool takes_named_ = false;
};

}  // namespace skein::api
