#include "containers/facts/restart_policy.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "containers/facts/container_json.h"
#include "engine/values/json_fields.h"
#include "engine/values/own_labels.h"

namespace skein::containers {

using engine::at;
using engine::text_of;
using nlohmann::json;

std::optional<RestartPolicy> policy_in(const json& host_config) {
  const json& policy = at(host_config, "RestartPolicy");
  RestartPolicy out{text_of(policy, "Name")};
  if (out.name.empty()) return std::nullopt;
  if (const json& retries = at(policy, "MaximumRetryCount"); retries.is_number_integer()) out.retries_max = retries;
  return out;
}

json policy_json(const RestartPolicy& policy) {
  return {{"Name", policy.name}, {"MaximumRetryCount", policy.retries_max}};
}

std::string policy_text(const RestartPolicy& policy) {
  return policy.name + (policy.retries_max == 0 ? "" : ":" + std::to_string(policy.retries_max));
}

std::optional<RestartPolicy> parse_policy(const std::string& text) {
  const size_t colon = std::min(text.find(':'), text.size());
  RestartPolicy out{text.substr(0, colon)};
  if (out.name.empty()) return std::nullopt;
  const char* end = text.data() + text.size();
  if (colon < text.size()) std::from_chars(text.data() + colon + 1, end, out.retries_max);
  return out;
}

void take_policy(json& body) {
  json& host = body["HostConfig"];
  if (!host.is_object()) host = json::object();
  json& labels = body["Labels"];
  if (!labels.is_object()) labels = json::object();
  labels[engine::kRestartLabel] = policy_text(policy_in(host).value_or(RestartPolicy{kNoPolicy}));
  host.erase("RestartPolicy");
}

std::optional<RestartPolicy> policy_of(const json& container) {
  return parse_policy(text_of(labels_of(container), engine::kRestartLabel));
}

bool is_restarted_by_engine(const json& container) {
  if (policy_of(container)) return false;
  const auto engines = policy_in(at(container, "HostConfig"));
  return engines && engines->name != kNoPolicy;
}

}  // namespace skein::containers
