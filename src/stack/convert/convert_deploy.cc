// A service's `deploy`, published ports and health check.
#include "base/text/quantity.h"
#include "stack/convert/convert_parts.h"
#include "stack/values/numbers.h"

namespace skein::stack {

namespace {

void put_duration(Json& object, const char* member, const Value& duration) {
  if (const int64_t ns = nanoseconds(duration); ns != 0) object[member] = ns;
}

// One that says zero is sent as well.
void put_given_duration(Json& object, const char* member, const Value& duration) {
  if (!duration.is_null()) object[member] = nanoseconds(duration);
}

Result<void> put_amounts(Json& object, const Value& amounts) {
  if (const std::string& cpus = amounts.at("cpus").text(); !cpus.empty()) {
    SKEIN_TRY_ASSIGN(const int64_t billionths, parse_cpus(cpus));
    if (billionths != 0) object["NanoCPUs"] = billionths;
  }
  if (const auto bytes = parse_decimal(amounts.at("memory").text()); bytes && *bytes != 0)
    object["MemoryBytes"] = *bytes;
  return {};
}

Json generic_resources(const Value& resources) {
  Json json = Json::array();
  for (const Value& resource : resources.items()) {
    const Value& discrete = resource.at("discrete_resource_spec");
    Json entry = Json::object();
    if (!discrete.is_null()) {
      entry["DiscreteResourceSpec"] = {{"Kind", discrete.at("kind").text()}, {"Value", discrete.at("value").integer()}};
    }
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace

Result<Json> convert_mode(const Value& deploy) {
  const std::string& mode = deploy.at("mode").text();
  const Value& replicas = deploy.at("replicas");
  if (mode == "global" || mode == "global-job") {
    if (!replicas.is_null()) {
      return invalid_argument("replicas can only be used with replicated or replicated-job mode");
    }
    return Json{{mode == "global" ? "Global" : "GlobalJob", Json::object()}};
  }
  Json count = Json::object();
  if (mode == "replicated-job") {
    if (!replicas.is_null()) count = {{"MaxConcurrent", replicas.integer()}, {"TotalCompletions", replicas.integer()}};
    return Json{{"ReplicatedJob", count}};
  }
  if (!mode.empty() && mode != "replicated") return invalid_argument("Unknown mode: " + mode);
  if (!replicas.is_null()) count["Replicas"] = replicas.integer();
  return Json{{"Replicated", count}};
}

Result<Json> convert_resources(const Value& resources) {
  Json json = Json::object();
  if (const Value& limits = resources.at("limits"); !limits.is_null()) {
    json["Limits"] = Json::object();
    SKEIN_TRY(put_amounts(json["Limits"], limits));
    put_unless_empty(json["Limits"], "Pids", limits.at("pids"));
  }
  if (const Value& reservations = resources.at("reservations"); !reservations.is_null()) {
    json["Reservations"] = Json::object();
    SKEIN_TRY(put_amounts(json["Reservations"], reservations));
    if (Json generic = generic_resources(reservations.at("generic_resources")); !generic.empty()) {
      json["Reservations"]["GenericResources"] = std::move(generic);
    }
  }
  return json;
}

Result<Json> convert_restart_policy(const Value& restart, const Value& policy) {
  if (!policy.is_null()) {
    Json json = Json::object();
    put_unless_empty(json, "Condition", policy.at("condition"));
    put_given_duration(json, "Delay", policy.at("delay"));
    if (const Value& attempts = policy.at("max_attempts"); !attempts.is_null()) json["MaxAttempts"] = to_json(attempts);
    put_given_duration(json, "Window", policy.at("window"));
    return json;
  }
  const std::string& text = restart.text();
  const size_t mark = text.find(':');
  const std::string name = text.substr(0, mark);
  int64_t attempts = 0;
  if (mark == 0) return invalid_argument("invalid restart policy format: no policy provided before colon");
  if (mark != std::string::npos && mark + 1 < text.size()) {
    const auto count = parse_decimal(text.substr(mark + 1));
    if (!count) return invalid_argument("invalid restart policy format: maximum retry count must be an integer");
    attempts = *count;
  }
  if (name.empty() || name == "no") return Json(nullptr);
  if (name == "always" || name == "unless-stopped") return Json{{"Condition", "any"}};
  if (name == "on-failure") return Json{{"Condition", "on-failure"}, {"MaxAttempts", static_cast<uint64_t>(attempts)}};
  return invalid_argument("unknown restart policy: " + name);
}

Json convert_update_config(const Value& config) {
  const Value& parallelism = config.at("parallelism");
  const auto* const ratio = config.at("max_failure_ratio").as<double>();
  Json json = {{"Parallelism", parallelism.is_null() ? Json(1) : to_json(parallelism)}};
  put_duration(json, "Delay", config.at("delay"));
  put_unless_empty(json, "FailureAction", config.at("failure_action"));
  put_duration(json, "Monitor", config.at("monitor"));
  json["MaxFailureRatio"] = ratio != nullptr ? Json(*ratio) : Json(config.at("max_failure_ratio").integer());
  json["Order"] = config.at("order").text();
  return json;
}

Json convert_placement(const Value& placement) {
  Json json = Json::object();
  put_unless_empty(json, "Constraints", placement.at("constraints"));
  for (const Value& preference : placement.at("preferences").items()) {
    json["Preferences"].push_back({{"Spread", {{"SpreadDescriptor", preference.at("spread").text()}}}});
  }
  put_unless_empty(json, "MaxReplicas", placement.at("max_replicas_per_node"));
  return json;
}

Json convert_endpoint(const Value& service) {
  Json json = Json::object();
  std::string mode = service.at("deploy").at("endpoint_mode").text();
  for (char& c : mode) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  if (!mode.empty()) json["Mode"] = mode;
  for (const Value& port : service.at("ports").items()) {
    Json entry = Json::object();
    put_unless_empty(entry, "Protocol", port.at("protocol"));
    put_unless_empty(entry, "TargetPort", port.at("target"));
    put_unless_empty(entry, "PublishedPort", port.at("published"));
    put_unless_empty(entry, "PublishMode", port.at("mode"));
    json["Ports"].push_back(std::move(entry));
  }
  return json;
}

Result<Json> convert_healthcheck(const Value& healthcheck) {
  if (healthcheck.is_null()) return Json(nullptr);
  Json json = Json::object();
  const Value& test = healthcheck.at("test");
  if (healthcheck.at("disable").is_true()) {
    if (!test.items().empty()) return invalid_argument("test and disable can't be set at the same time");
    json["Test"] = {"NONE"};
    return json;
  }
  put_unless_empty(json, "Test", test);
  put_duration(json, "Interval", healthcheck.at("interval"));
  put_duration(json, "Timeout", healthcheck.at("timeout"));
  put_duration(json, "StartPeriod", healthcheck.at("start_period"));
  put_duration(json, "StartInterval", healthcheck.at("start_interval"));
  put_unless_empty(json, "Retries", healthcheck.at("retries"));
  return json;
}

}  // namespace skein::stack
