// apply_lists of service_spec.h.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "cmd/cli/service/spec/service_ports.h"
#include "cmd/cli/service/spec/service_spec.h"
#include "cmd/cli/service/spec/service_values.h"
#include "cmd/cli/words/list_change.h"

namespace skein::cli {

namespace {

Result<void> apply_preferences(const ListChange& change, Json& placement) {
  if (!change.is_any()) return {};
  std::vector<Json> preferences;
  std::vector<Json> removed;
  for (const std::string& text : change.removed) {
    SKEIN_TRY_ASSIGN(removed.emplace_back(), parse_preference(text));
  }
  for (const Json& preference : at(placement, "Preferences"))
    if (std::find(removed.begin(), removed.end(), preference) == removed.end()) preferences.push_back(preference);
  for (const std::string& text : change.added) {
    SKEIN_TRY_ASSIGN(preferences.emplace_back(), parse_preference(text));
  }
  put_list(placement, "Preferences", preferences);
  return {};
}

Result<int64_t> resource_count(const std::string& text, const std::string& kind, const std::string& value) {
  int64_t count = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), count);
  if (ec != std::errc() || end != value.data() + value.size())
    return invalid_argument("invalid generic-resource request `" + text +
                            "`, Named Generic Resources is not supported for service create or update");
  if (count < 0)
    return invalid_argument(
        "invalid generic resource specification: could not parse GenericResource: cannot ask for negative "
        "resource " +
        kind);
  return count;
}

Result<void> apply_resource_list(const ListChange& change, Json& task) {
  if (!change.is_any()) return {};
  std::map<std::string, Json> by_kind;
  Json& reservations = task["Resources"]["Reservations"];
  for (const Json& resource : at(reservations, "GenericResources"))
    by_kind[text_at(at(resource, "DiscreteResourceSpec"), "Kind")] = resource;
  for (const std::string& kind : change.removed)
    if (by_kind.erase(kind) == 0)
      return invalid_argument("could not find generic-resource `" + kind + "` to remove it");
  for (const std::string& text : change.added) {
    SKEIN_TRY_ASSIGN(const auto pair, resource_pair(text));
    SKEIN_TRY_ASSIGN(const int64_t count, resource_count(text, pair.first, pair.second));
    by_kind[pair.first] = {{"DiscreteResourceSpec", {{"Kind", pair.first}, {"Value", count}}}};
  }
  std::vector<Json> resources;
  resources.reserve(by_kind.size());
  for (const auto& [kind, resource] : by_kind) resources.push_back(resource);
  put_list(reservations, "GenericResources", resources);
  return {};
}

Result<std::vector<Json>> parse_ports_of(const std::vector<std::string>& texts) {
  std::vector<Json> ports;
  for (const std::string& text : texts) {
    SKEIN_TRY_ASSIGN(const auto parsed, parse_service_port(text));
    ports.insert(ports.end(), parsed.begin(), parsed.end());
  }
  return ports;
}

Result<void> apply_published(const ListChange& change, Json& spec) {
  if (!change.is_any()) return {};
  SKEIN_TRY_ASSIGN(const auto removed, parse_ports_of(change.removed));
  SKEIN_TRY_ASSIGN(const auto added, parse_ports_of(change.added));
  return change_member(spec, "EndpointSpec", [&](Json& endpoint) -> Result<void> {
    put_list(endpoint, "Ports", change.is_update ? changed_ports(at(endpoint, "Ports"), removed, added) : Json(added));
    return {};
  });
}

// Targets are ids in a spec, names in flags. Sorted by id.
Result<void> apply_networks(const ListChange& change, const NetworkLookup& find, Json& spec) {
  if (!change.is_any()) return {};
  // Old services hold them in another place.
  const Json& own = at(at(spec, "TaskTemplate"), "Networks");
  const Json before = own.empty() ? at(spec, "Networks") : own;
  spec.erase("Networks");
  std::set<std::string> removed;
  for (const std::string& name : change.removed) {
    SKEIN_TRY_ASSIGN(const std::string id, find(name));
    removed.insert(id);
  }
  std::vector<Json> attachments;
  const auto is_attached = [&](const std::string& id) {
    return std::any_of(attachments.begin(), attachments.end(),
                       [&](const Json& attachment) { return text_at(attachment, "Target") == id; });
  };
  for (const Json& attachment : before)
    if (!removed.contains(text_at(attachment, "Target"))) attachments.push_back(attachment);
  for (const std::string& text : change.added) {
    SKEIN_TRY_ASSIGN(Json attachment, parse_attachment(text));
    const std::string name = text_at(attachment, "Target");
    if (name.empty()) return invalid_argument("invalid network name or ID: value is empty");
    SKEIN_TRY_ASSIGN(const std::string id, find(name));
    if (change.is_update && is_attached(id)) return invalid_argument("service is already attached to network " + name);
    attachment["Target"] = id;
    attachments.push_back(std::move(attachment));
  }
  std::stable_sort(attachments.begin(), attachments.end(),
                   [](const Json& a, const Json& b) { return text_at(a, "Target") < text_at(b, "Target"); });
  put_list(spec["TaskTemplate"], "Networks", attachments);
  return {};
}

Result<void> apply_task_lists(const Flags& flags, Json& task) {
  SKEIN_TRY(apply_container_lists(flags, task["ContainerSpec"]));
  SKEIN_TRY(change_member(task, "Placement", [&](Json& placement) {
    change_texts({flags, "constraint"}, "Constraints", placement);
    return apply_preferences({flags, "placement-pref"}, placement);
  }));
  return apply_resource_list({flags, "generic-resource"}, task);
}

}  // namespace

Result<void> apply_lists(const Flags& flags, const NetworkLookup& find_network, Json& spec) {
  change_map({flags, "label"}, "Labels", spec);
  SKEIN_TRY(apply_task_lists(flags, spec["TaskTemplate"]));
  SKEIN_TRY(apply_networks({flags, "network"}, find_network, spec));
  return apply_published({flags, "publish"}, spec);
}

}  // namespace skein::cli
