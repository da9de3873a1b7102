// Which images GET /images/json lists and POST /images/prune removes. Entries are the engine's. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "api/requests/filters.h"

namespace skein::api {

class ImageFilters {
 public:
  // before, dangling, label, label!, reference, since, until.
  static Result<ImageFilters> of_list(const io::http::Query& query, WallTime now);
  // dangling, label, label!, until. Only images without a name are meant, unless dangling=false.
  static Result<ImageFilters> of_prune(const io::http::Query& query, WallTime now);

  // Those that are wanted, newest first; kNotFound for an image in "before" or "since" that is not there.
  Result<nlohmann::json> pick(const nlohmann::json& images) const;
  bool prunes(const nlohmann::json& image, bool is_used) const;

 private:
  bool passes(const nlohmann::json& image) const;
  // Leaves those names that the filter "reference" means; false if none is left.
  bool keep_references(nlohmann::json& image) const;

  ListFilters filters_;
  std::optional<bool> is_dangling_;
  std::optional<WallTime> until_;
};

}  // namespace skein::api
