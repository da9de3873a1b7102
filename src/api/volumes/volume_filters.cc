#include "api/volumes/volume_filters.h"

#include "engine/values/json_fields.h"

namespace skein::api {

using engine::at;
using engine::text_of;
using nlohmann::json;

namespace {

std::map<std::string, std::string> volume_labels(const json& volume) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : at(volume, "Labels").items())
    if (value.is_string()) out[key] = value;
  return out;
}

}  // namespace

Result<VolumeFilters> VolumeFilters::of_list(const io::http::Query& query) {
  VolumeFilters out;
  SKEIN_TRY_ASSIGN(out.filters_, ListFilters::parse(query, {"dangling", "driver", "label", "name"}));
  SKEIN_TRY_ASSIGN(out.is_dangling_, out.filters_.flag("dangling"));
  return out;
}

Result<VolumeFilters> VolumeFilters::of_prune(const io::http::Query& query, io::http::ApiVersion version) {
  VolumeFilters out;
  SKEIN_TRY_ASSIGN(out.filters_, ListFilters::parse(query, {"all", "label", "label!"}));
  SKEIN_TRY_ASSIGN(const std::optional<bool> all, out.filters_.flag("all"));
  out.takes_named_ = all.value_or(false) || version < io::http::ApiVersion{1, 42};
  return out;
}

bool VolumeFilters::lists(const json& volume, bool is_used) const {
  return filters_.has_exactly("driver", text_of(volume, "Driver")) &&
         filters_.matches("name", text_of(volume, "Name")) && (!is_dangling_ || *is_dangling_ != is_used) &&
         filters_.labels("label", volume_labels(volume));
}

bool VolumeFilters::prunes(const json& volume, bool is_used) const {
  if (is_used || text_of(volume, "Driver") != "local") return false;
  const auto labels = volume_labels(volume);
  return (takes_named_ || labels.contains(kAnonymousLabel)) && filters_.label_and_not_label(labels);
}

}  // namespace skein::api
