#include "api/container_filters.h"

#include <charconv>

#include "engine/json_fields.h"

namespace skein::api {

using agent::Health;
using engine::at;
using nlohmann::json;

namespace {

constexpr std::array kOurs{"health", "network"};
constexpr std::array kHealths{Health::kUnchecked, Health::kStarting, Health::kHealthy, Health::kUnhealthy};

bool is_health(const std::string& name) {
  return std::any_of(kHealths.begin(), kHealths.end(),
                     [&](Health health) { return name == agent::health_name(health); });
}

// By the network's name or id.
bool is_on(const json& entry, const std::string& network) {
  for (const auto& [name, endpoint] : at(at(entry, "NetworkSettings"), "Networks").items())
    if (name == network || at(endpoint, "NetworkID") == network) return true;
  return false;
}

}  // namespace

Result<ContainerFilters> ContainerFilters::take(io::http::Query& query) {
  ContainerFilters out;
  json all = json::parse(query.get("filters"), nullptr, false);
  if (!all.is_object()) return out;  // the engine knows what to say to it
  json ours = json::object();
  for (const char* name : kOurs) {
    if (!all.contains(name)) continue;
    ours[name] = all[name];
    all.erase(name);
  }
  if (ours.empty()) return out;
  io::http::Query question;
  question.set("filters", ours.dump());
  SKEIN_TRY_ASSIGN(out.filters_, ListFilters::parse(question, {kOurs.begin(), kOurs.end()}));
  for (const auto& name : out.filters_.values("health"))
    if (!is_health(name)) return make_error(Code::kInvalidArgument, "Unrecognised filter value for health: " + name);
  query.set("filters", all.dump());

  const std::string limit = query.get("limit");
  int64_t count = 0;
  std::from_chars(limit.data(), limit.data() + limit.size(), count);
  if (count <= 0) return out;
  out.count_max_ = static_cast<size_t>(count);
  query.remove("limit");
  query.set("all", "1");  // as Docker does with a limit
  return out;
}

bool ContainerFilters::passes(const json& entry, const agent::HealthRecord* record) const {
  const std::string health = agent::health_name(record ? record->health() : Health::kUnchecked);
  return filters_.any("health", [&](const std::string& wanted) { return wanted == health; }) &&
         filters_.any("network", [&](const std::string& wanted) { return is_on(entry, wanted); });
}

void ContainerFilters::limit(json& entries) const {
  if (entries.size() > count_max_) entries.erase(entries.begin() + static_cast<ptrdiff_t>(count_max_), entries.end());
}

}  // namespace skein::api
