#include "api/events/event_filters.h"

#include <algorithm>
#include <array>

#include "engine/values/json_fields.h"

namespace skein::api {

using engine::at;
using engine::text_of;
using nlohmann::json;

namespace {

constexpr std::array kActorTypes{"builder", "config", "container", "daemon",  "image", "network",
                                 "node",    "plugin", "secret",    "service", "volume"};

std::map<std::string, std::string> attributes_of(const json& event) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : at(at(event, "Actor"), "Attributes").items())
    if (value.is_string()) out[key] = value;
  return out;
}

std::string attribute(const std::map<std::string, std::string>& attributes, const char* name) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? "" : found->second;
}

std::string repository_of(const std::string& image) {
  return image.substr(0, image.find_first_of(":@", image.rfind('/') + 1));
}

}  // namespace

Result<EventFilters> EventFilters::of(const io::http::Query& query) {
  std::set<std::string> known{"event", "label", "scope", "type"};
  known.insert(kActorTypes.begin(), kActorTypes.end());
  EventFilters out;
  SKEIN_TRY_ASSIGN(out.filters_, ListFilters::parse(query, known));
  return out;
}

bool EventFilters::pass(const json& event) const {
  const std::string type = text_of(event, "Type"), action = text_of(event, "Action");
  const std::string id = text_of(at(event, "Actor"), "ID");
  const auto attributes = attributes_of(event);
  // "exec_create: ls" and "health_status: healthy" are asked for with or without what stands behind.
  const bool is_event_meant = filters_.any("event", [&](const std::string& wanted) {
    return wanted == action || wanted == action.substr(0, action.find(':'));
  });
  if (!is_event_meant || !filters_.has_exactly("type", type) ||
      !filters_.has_exactly("scope", text_of(event, "scope")) || !filters_.labels("label", attributes))
    return false;
  // Events of containers tell their image.
  const std::string image = attribute(attributes, type == "image" ? "name" : "image");
  const std::string name = attribute(attributes, "name");
  return std::ranges::all_of(kActorTypes, [&](const std::string& actor) {
    return filters_.any(actor, [&](const std::string& wanted) {
      if (actor == "image")
        return wanted == image || wanted == repository_of(image) || (type == "image" && wanted == id);
      return type == actor && !wanted.empty() && (id.starts_with(wanted) || name.starts_with(wanted));
    });
  });
}

}  // namespace skein::api
