#include "api/filters.h"

#include <nlohmann/json.hpp>

namespace skein::api {

Result<ListFilters> ListFilters::parse(const io::http::Query& query, const std::set<std::string>& known) {
  ListFilters out;
  std::string text = query.get("filters");
  if (text.empty()) return out;
  auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object())
    return make_error(Code::kInvalidArgument, "invalid filter", "not a JSON object: " + text.substr(0, 100));
  for (const auto& [name, values] : json.items()) {
    if (!known.contains(name)) return make_error(Code::kInvalidArgument, "invalid filter '" + name + "'");
    auto& set = out.values_[name];
    if (values.is_object())
      for (const auto& [value, is_on] : values.items()) set.insert(value);
    else if (values.is_array())
      for (const auto& value : values) {
        if (!value.is_string()) return make_error(Code::kInvalidArgument, "invalid filter '" + name + "'");
        set.insert(value.get<std::string>());
      }
    else
      return make_error(Code::kInvalidArgument, "invalid filter '" + name + "'");
  }
  return out;
}

}  // namespace skein::api
