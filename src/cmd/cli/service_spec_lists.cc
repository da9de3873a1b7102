// apply_lists of service_spec.h.
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <set>

#include "cmd/cli/capabilities.h"
#include "cmd/cli/container_flags.h"
#include "cmd/cli/mount_flags.h"
#include "cmd/cli/service_ports.h"
#include "cmd/cli/service_spec.h"
#include "cmd/cli/service_values.h"
#include "cmd/cli/units.h"

namespace skein::cli {

namespace {

Error bad(const std::string& what) { return make_error(Code::kInvalidArgument, what); }

// What the flags say about one list: --NAME of `create`, or --NAME-add and --NAME-rm of `update`.
struct Change {
  Change(const Flags& flags, const std::string& name)
      : added(flags.list(name)), removed(flags.list(name + "-rm")), is_update(!flags.is_set(name)) {
    for (const std::string& text : flags.list(name + "-add")) added.push_back(text);
  }
  bool is_any() const { return !added.empty() || !removed.empty(); }
  bool removes(const std::string& key) const { return std::find(removed.begin(), removed.end(), key) != removed.end(); }

  std::vector<std::string> added;
  std::vector<std::string> removed;
  bool is_update = false;
};

std::string key_of(const std::string& text) { return text.substr(0, text.find('=')); }

std::vector<std::string> texts_at(const Json& object, const char* member) {
  std::vector<std::string> texts;
  for (const Json& text : at(object, member))
    if (text.is_string()) texts.push_back(text.get<std::string>());
  return texts;
}

// An empty list is no list.
template <class List>
void put(Json& object, const char* member, const List& list) {
  if (!list.empty()) {
    object[member] = list;
  } else if (object.is_object()) {
    object.erase(member);
  }
}

// Changes a member that may be absent, and stays so while nothing is put into it: a spec that says the same must look
// the same, or its tasks are replaced.
template <class Action>
Result<void> change_member(Json& parent, const char* member, Action change) {
  Json object = at(parent, member);
  SKEIN_TRY(change(object));
  if (!object.is_null()) parent[member] = std::move(object);
  return {};
}

// Texts that are their own keys. An update sorts them, so that what is the same looks the same.
void apply_texts(const Change& change, const char* member, Json& object) {
  if (!change.is_any()) return;
  std::vector<std::string> texts;
  const auto add = [&](const std::string& text) {
    const bool is_known = std::find(texts.begin(), texts.end(), text) != texts.end();
    if (!is_known && !change.removes(text)) texts.push_back(text);
  };
  for (const std::string& text : texts_at(object, member)) add(text);
  for (const std::string& text : change.added) add(text);
  if (change.is_update) std::sort(texts.begin(), texts.end());
  put(object, member, texts);
}

void apply_map(const Change& change, const char* member, Json& object) {
  if (!change.is_any()) return;
  Json& map = object[member];
  if (!map.is_object()) map = Json::object();
  for (const auto& [key, value] : key_values(change.added)) map[key] = value;
  for (const std::string& key : change.removed) map.erase(key);
}

// A variable without a value takes this process's; if there is none, it is passed on as it is.
std::string with_value(const std::string& text) {
  if (text.find('=') != std::string::npos) return text;
  const char* const value = std::getenv(text.c_str());
  return value == nullptr ? text : text + "=" + value;
}

Result<void> apply_environment(const Flags& flags, Json& container) {
  const Change change(flags, "env");
  std::vector<std::string> added;
  SKEIN_TRY_ASSIGN(added, environment_files(flags));
  for (const std::string& text : change.added) added.push_back(with_value(text));
  if (added.empty() && change.removed.empty()) return {};
  std::vector<std::string> variables = texts_at(container, "Env");
  for (const std::string& text : added) {
    const auto is_same = [&](const std::string& other) { return key_of(other) == key_of(text); };
    const auto found = std::find_if(variables.begin(), variables.end(), is_same);
    if (change.is_update && found != variables.end()) {
      *found = text;
      continue;
    }
    std::erase_if(variables, is_same);
    variables.push_back(text);
  }
  std::erase_if(variables, [&](const std::string& text) { return change.removes(key_of(text)); });
  put(container, "Env", variables);
  return {};
}

// `create` keeps them in order, and leaves it to the engine to find two for one target. `update` replaces by target,
// and sorts.
Result<void> apply_mounts(const Change& change, Json& container) {
  if (!change.is_any()) return {};
  std::vector<Json> mounts;
  const auto has = [&](const Json& other) {
    return std::any_of(mounts.begin(), mounts.end(),
                       [&](const Json& mount) { return text_at(mount, "Target") == text_at(other, "Target"); });
  };
  for (const std::string& text : change.added) {
    SKEIN_TRY_ASSIGN(const Json mount, parse_mount(text));
    if (change.is_update && has(mount)) return bad("duplicate mount target");
    mounts.push_back(mount);
  }
  for (const Json& mount : at(container, "Mounts"))
    if (!has(mount)) mounts.push_back(mount);
  std::erase_if(mounts, [&](const Json& mount) { return change.removes(text_at(mount, "Target")); });
  const auto place = [](const Json& mount) { return std::pair(text_at(mount, "Source"), text_at(mount, "Target")); };
  if (change.is_update)
    std::sort(mounts.begin(), mounts.end(), [&](const Json& a, const Json& b) { return place(a) < place(b); });
  put(container, "Mounts", mounts);
  return {};
}

Result<void> apply_hosts(const Change& change, Json& container) {
  if (!change.is_any()) return {};
  std::vector<std::string> lines = texts_at(container, "Hosts");
  for (const std::string& text : change.added) {
    SKEIN_TRY_ASSIGN(const std::string line, hosts_line(text));
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
  }
  // --host-rm NAME or NAME:ADDRESS; a line is "ADDRESS NAME".
  for (const std::string& text : change.removed) {
    const std::string name = text.substr(0, text.find(':'));
    std::erase_if(lines, [&](const std::string& line) { return line.substr(line.find(' ') + 1) == name; });
  }
  if (change.is_update) std::sort(lines.begin(), lines.end());
  put(container, "Hosts", lines);
  return {};
}

Result<void> apply_ulimits(const Change& change, Json& container) {
  if (!change.is_any()) return {};
  std::map<std::string, Json> by_name;
  for (const Json& ulimit : at(container, "Ulimits")) by_name[text_at(ulimit, "Name")] = ulimit;
  for (const std::string& text : change.added) {
    SKEIN_TRY_ASSIGN(by_name[key_of(text)], parse_ulimit(text));
  }
  for (const std::string& name : change.removed) by_name.erase(name);
  std::vector<Json> ulimits;
  for (const auto& [name, ulimit] : by_name) ulimits.push_back(ulimit);
  put(container, "Ulimits", ulimits);
  return {};
}

Result<void> apply_preferences(const Change& change, Json& placement) {
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
  put(placement, "Preferences", preferences);
  return {};
}

Result<int64_t> resource_count(const std::string& text, const std::string& kind, const std::string& value) {
  int64_t count = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), count);
  if (ec != std::errc() || end != value.data() + value.size())
    return bad("invalid generic-resource request `" + text +
               "`, Named Generic Resources is not supported for service create or update");
  if (count < 0)
    return bad(
        "invalid generic resource specification: could not parse GenericResource: cannot ask for negative "
        "resource " +
        kind);
  return count;
}

Result<void> apply_resource_list(const Change& change, Json& task) {
  if (!change.is_any()) return {};
  std::map<std::string, Json> by_kind;
  Json& reservations = task["Resources"]["Reservations"];
  for (const Json& resource : at(reservations, "GenericResources"))
    by_kind[text_at(at(resource, "DiscreteResourceSpec"), "Kind")] = resource;
  for (const std::string& kind : change.removed)
    if (by_kind.erase(kind) == 0) return bad("could not find generic-resource `" + kind + "` to remove it");
  for (const std::string& text : change.added) {
    SKEIN_TRY_ASSIGN(const auto pair, resource_pair(text));
    SKEIN_TRY_ASSIGN(const int64_t count, resource_count(text, pair.first, pair.second));
    by_kind[pair.first] = {{"DiscreteResourceSpec", {{"Kind", pair.first}, {"Value", count}}}};
  }
  std::vector<Json> resources;
  for (const auto& [kind, resource] : by_kind) resources.push_back(resource);
  put(reservations, "GenericResources", resources);
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

Result<void> apply_published(const Change& change, Json& spec) {
  if (!change.is_any()) return {};
  SKEIN_TRY_ASSIGN(const auto removed, parse_ports_of(change.removed));
  SKEIN_TRY_ASSIGN(const auto added, parse_ports_of(change.added));
  Json& endpoint = spec["EndpointSpec"];
  put(endpoint, "Ports", change.is_update ? changed_ports(at(endpoint, "Ports"), removed, added) : Json(added));
  return {};
}

// Targets are ids in a spec, names in flags. Sorted by id.
Result<void> apply_networks(const Change& change, const NetworkLookup& find, Json& spec) {
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
    if (name.empty()) return bad("invalid network name or ID: value is empty");
    SKEIN_TRY_ASSIGN(const std::string id, find(name));
    if (change.is_update && is_attached(id)) return bad("service is already attached to network " + name);
    attachment["Target"] = id;
    attachments.push_back(std::move(attachment));
  }
  std::stable_sort(attachments.begin(), attachments.end(),
                   [](const Json& a, const Json& b) { return text_at(a, "Target") < text_at(b, "Target"); });
  put(spec["TaskTemplate"], "Networks", attachments);
  return {};
}

// --secret-rm and --config-rm. What would add one is asked of the engine before there is a spec.
void remove_references(const Change& change, const char* member, const char* name, Json& container) {
  if (change.removed.empty() || !at(container, member).is_array()) return;
  std::vector<Json> kept;
  for (const Json& reference : container[member])
    if (!change.removes(text_at(reference, name))) kept.push_back(reference);
  put(container, member, kept);
}

Result<void> apply_container_lists(const Flags& flags, Json& container) {
  apply_map({flags, "container-label"}, "Labels", container);
  apply_map({flags, "sysctl"}, "Sysctls", container);
  apply_texts({flags, "group"}, "Groups", container);
  SKEIN_TRY(change_member(container, "DNSConfig", [&](Json& dns) -> Result<void> {
    apply_texts({flags, "dns"}, "Nameservers", dns);
    apply_texts({flags, "dns-search"}, "Search", dns);
    apply_texts({flags, "dns-option"}, "Options", dns);
    return {};
  }));
  apply_capabilities(flags.list("cap-add"), flags.list("cap-drop"), container);
  remove_references({flags, "secret"}, "Secrets", "SecretName", container);
  remove_references({flags, "config"}, "Configs", "ConfigName", container);
  SKEIN_TRY(apply_environment(flags, container));
  SKEIN_TRY(apply_mounts({flags, "mount"}, container));
  SKEIN_TRY(apply_hosts({flags, "host"}, container));
  return apply_ulimits({flags, "ulimit"}, container);
}

Result<void> apply_task_lists(const Flags& flags, Json& task) {
  SKEIN_TRY(apply_container_lists(flags, task["ContainerSpec"]));
  SKEIN_TRY(change_member(task, "Placement", [&](Json& placement) {
    apply_texts({flags, "constraint"}, "Constraints", placement);
    return apply_preferences({flags, "placement-pref"}, placement);
  }));
  return apply_resource_list({flags, "generic-resource"}, task);
}

}  // namespace

Result<void> apply_lists(const Flags& flags, const NetworkLookup& find_network, Json& spec) {
  apply_map({flags, "label"}, "Labels", spec);
  SKEIN_TRY(apply_task_lists(flags, spec["TaskTemplate"]));
  SKEIN_TRY(apply_networks({flags, "network"}, find_network, spec));
  return apply_published({flags, "publish"}, spec);
}

}  // namespace skein::cli
