#include "api/containers/show/health_json.h"

#include "engine/values/container_life.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using containers::Health;
using containers::HealthRecord;
using engine::at;
using nlohmann::json;

namespace {

json result_to_json(const containers::CheckResult& result) {
  return {{"Start", result.start.rfc3339()},
          {"End", result.end.rfc3339()},
          {"ExitCode", result.exit_code},
          {"Output", result.output}};
}

}  // namespace

std::optional<containers::HealthRecord> shown_health(bool is_running, const containers::HealthRecord* record) {
  if (!record) return std::nullopt;
  containers::HealthRecord out = *record;
  if (!is_running) out.end();
  return out;
}

void present_health(json& container, const containers::HealthRecord* found) {
  json& state = container["State"];
  if (!state.is_object()) return;
  state.erase("Health");
  state.erase("Healthcheck");  // Podman's own word for it
  const engine::Life life = engine::life_of(container);
  auto record = shown_health(life == engine::Life::kRunning, found);
  // What ended before this daemon's time was checked by an earlier one.
  bool has_check = !containers::health_check({}, at(at(container, "Config"), "Healthcheck")).command.empty();
  if (!record && has_check && (life == engine::Life::kEnding || life == engine::Life::kEnded))
    record.emplace(containers::Health::kUnhealthy);
  if (!record) return;
  json log = json::array();
  for (const auto& result : record->log()) log.push_back(result_to_json(result));
  state["Health"] = {{"Status", containers::health_name(record->health())},
                     {"FailingStreak", record->failing_streak()},
                     {"Log", std::move(log)}};
}

void present_entry_health(json& entry, const containers::HealthRecord* record, io::http::ApiVersion version) {
  if (version >= io::http::ApiVersion{1, 52})
    entry["Health"] = {{"Status", record ? containers::health_name(record->health()) : "none"},
                       {"FailingStreak", record ? record->failing_streak() : 0}};
  if (!record || entry.value("State", json()) != "running" || !entry["Status"].is_string()) return;
  std::string name = containers::health_name(record->health());
  if (record->health() == containers::Health::kStarting) name = "health: " + name;
  entry["Status"] = entry["Status"].get<std::string>() + " (" + name + ")";
}

}  // namespace skein::api
