#include "api/networks/network_filters.h"

#include <algorithm>
#include <array>

#include "base/time/moment.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using engine::at;
using engine::text_of;
using nlohmann::json;

namespace {

std::map<std::string, std::string> network_labels(const json& network) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : at(network, "Labels").items())
    if (value.is_string()) out[key] = value;
  return out;
}

// In words of its own, as Docker has it.
Result<std::optional<bool>> dangling_of(const ListFilters& filters) {
  if (filters.values("dangling").size() > 1)
    return make_error(Code::kInvalidArgument, "got more than one value for filter key \"dangling\"");
  auto flag = filters.flag("dangling");
  if (flag.ok()) return flag;
  return make_error(Code::kInvalidArgument,
                    "invalid value for filter 'dangling', must be \"true\" (or \"1\"), or \"false\" (or \"0\")");
}

}  // namespace

bool is_predefined_network(const std::string& name) {
  static constexpr std::array kNames{"bridge", "host", "none", "default"};
  return std::ranges::find(kNames, name) != kNames.end();
}

Result<NetworkFilters> NetworkFilters::of_list(const io::http::Query& query) {
  NetworkFilters out;
  SKEIN_TRY_ASSIGN(out.filters_,
                   ListFilters::parse(query, {"dangling", "driver", "id", "label", "name", "scope", "type"}));
  SKEIN_TRY_ASSIGN(out.is_dangling_, dangling_of(out.filters_));
  for (const auto& type : out.filters_.values("type"))
    if (type != "builtin" && type != "custom")
      return make_error(Code::kInternal, "invalid filter: 'type'='" + type.substr(0, 100) + "'");  // 500 in Docker, too
  return out;
}

Result<NetworkFilters> NetworkFilters::of_prune(const io::http::Query& query, WallTime now) {
  NetworkFilters out;
  SKEIN_TRY_ASSIGN(out.filters_, ListFilters::parse(query, {"label", "label!", "until"}));
  SKEIN_TRY_ASSIGN(out.until_, out.filters_.until(now));
  return out;
}

bool NetworkFilters::lists(const json& network, bool is_used) const {
  const std::string name = text_of(network, "Name");
  const bool is_predefined = is_predefined_network(name);
  return filters_.has_exactly("driver", text_of(network, "Driver")) && filters_.matches("id", text_of(network, "Id")) &&
         filters_.matches("name", name) && filters_.has_exactly("scope", text_of(network, "Scope")) &&
         filters_.has_exactly("type", is_predefined ? "builtin" : "custom") &&
         (!is_dangling_ || *is_dangling_ == (!is_predefined && !is_used)) &&
         filters_.labels("label", network_labels(network));
}

bool NetworkFilters::prunes(const json& network, bool is_used) const {
  if (is_used || is_predefined_network(text_of(network, "Name")) || at(network, "Ingress") == true) return false;
  if (until_) {
    const auto created = parse_time(text_of(network, "Created"));
    if (!created.ok() || *created > *until_) return false;
  }
  return filters_.label_and_not_label(network_labels(network));
}

}  // namespace skein::api
