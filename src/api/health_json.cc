#include "api/health_json.h"

namespace skein::api {

using agent::Health;
using agent::HealthRecord;
using nlohmann::json;

namespace {

json result_to_json(const agent::CheckResult& result) {
  return {{"Start", result.start.rfc3339()},
          {"End", result.end.rfc3339()},
          {"ExitCode", result.exit_code},
          {"Output", result.output}};
}

}  // namespace

void present_health(json& container, const HealthRecord* record) {
  json& state = container["State"];
  if (!state.is_object()) return;
  state.erase("Health");
  state.erase("Healthcheck");  // Podman's own word for it
  if (!record) return;
  json log = json::array();
  for (const auto& result : record->log()) log.push_back(result_to_json(result));
  state["Health"] = {{"Status", agent::health_name(record->health())},
                     {"FailingStreak", record->failing_streak()},
                     {"Log", std::move(log)}};
}

void present_entry_health(json& entry, const HealthRecord* record) {
  if (!record || entry.value("State", json()) != "running" || !entry["Status"].is_string()) return;
  std::string name = agent::health_name(record->health());
  if (record->health() == Health::kStarting) name = "health: " + name;
  entry["Status"] = entry["Status"].get<std::string>() + " (" + name + ")";
}

}  // namespace skein::api
