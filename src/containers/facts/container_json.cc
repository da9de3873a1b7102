#include "containers/facts/container_json.h"

#include "containers/facts/restart_policy.h"

namespace skein::containers {

using engine::at;
using engine::text_of;
using nlohmann::json;

bool is_running(const json& container) { return at(at(container, "State"), "Running") == true; }
bool is_auto_removed(const json& container) { return at(at(container, "HostConfig"), "AutoRemove") == true; }
bool has_terminal(const json& container) { return at(at(container, "Config"), "Tty") == true; }
const json& labels_of(const json& container) { return at(at(container, "Config"), "Labels"); }

std::string first_name_of(const json& entry) {
  const auto names = engine::texts_of(entry, "Names");
  if (names.empty()) return {};
  return names[0].starts_with('/') ? names[0].substr(1) : names[0];
}

ContainerIdentity identity_of(const json& container) {
  ContainerIdentity identity;
  identity.id = text_of(container, "Id");
  identity.name = text_of(container, "Name");
  if (identity.name.starts_with('/')) identity.name.erase(0, 1);
  const auto policy = policy_of(container);
  identity.restarts = policy ? policy->name != kNoPolicy : is_restarted_by_engine(container);
  return identity;
}

}  // namespace skein::containers
