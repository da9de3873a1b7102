// apply_container_lists of service_spec.h.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "cmd/cli/container/capabilities.h"
#include "cmd/cli/container/container_flags.h"
#include "cmd/cli/container/mount_flags.h"
#include "cmd/cli/service/spec/service_spec.h"
#include "cmd/cli/service/spec/service_values.h"
#include "cmd/cli/words/list_change.h"

namespace skein::cli {

namespace {

std::string key_of(const std::string& text) { return text.substr(0, text.find('=')); }

// A variable without a value takes this process's; if there is none, it is passed on as it is.
std::string with_value(const std::string& text) {
  if (text.find('=') != std::string::npos) return text;
  const char* const value = std::getenv(text.c_str());
  return value == nullptr ? text : text + "=" + value;
}

Result<void> apply_environment(const Flags& flags, Json& container) {
  const ListChange change(flags, "env");
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
  put_list(container, "Env", variables);
  return {};
}

// `create` keeps them in order, and leaves it to the daemon to find two for one target. `update` replaces by target,
// and sorts.
Result<void> apply_mounts(const ListChange& change, Json& container) {
  if (!change.is_any()) return {};
  std::vector<Json> mounts;
  const auto has = [&](const Json& other) {
    return std::any_of(mounts.begin(), mounts.end(),
                       [&](const Json& mount) { return text_at(mount, "Target") == text_at(other, "Target"); });
  };
  for (const std::string& text : change.added) {
    SKEIN_TRY_ASSIGN(const Json mount, parse_mount(text));
    if (change.is_update && has(mount)) return invalid_argument("duplicate mount target");
    mounts.push_back(mount);
  }
  for (const Json& mount : at(container, "Mounts"))
    if (!has(mount)) mounts.push_back(mount);
  std::erase_if(mounts, [&](const Json& mount) { return change.removes(text_at(mount, "Target")); });
  const auto place = [](const Json& mount) { return std::pair(text_at(mount, "Source"), text_at(mount, "Target")); };
  if (change.is_update)
    std::sort(mounts.begin(), mounts.end(), [&](const Json& a, const Json& b) { return place(a) < place(b); });
  put_list(container, "Mounts", mounts);
  return {};
}

Result<void> apply_hosts(const ListChange& change, Json& container) {
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
  put_list(container, "Hosts", lines);
  return {};
}

Result<void> apply_ulimits(const ListChange& change, Json& container) {
  if (!change.is_any()) return {};
  std::map<std::string, Json> by_name;
  for (const Json& ulimit : at(container, "Ulimits")) by_name[text_at(ulimit, "Name")] = ulimit;
  for (const std::string& text : change.added) {
    SKEIN_TRY_ASSIGN(by_name[key_of(text)], parse_ulimit(text));
  }
  for (const std::string& name : change.removed) by_name.erase(name);
  std::vector<Json> ulimits;
  ulimits.reserve(by_name.size());
  for (const auto& [name, ulimit] : by_name) ulimits.push_back(ulimit);
  put_list(container, "Ulimits", ulimits);
  return {};
}

// --secret-rm and --config-rm. What adds one is asked of the daemon once there is a spec.
void remove_references(const ListChange& change, const char* member, const char* name, Json& container) {
  if (change.removed.empty() || !at(container, member).is_array()) return;
  std::vector<Json> kept;
  for (const Json& reference : container[member])
    if (!change.removes(text_at(reference, name))) kept.push_back(reference);
  put_list(container, member, kept);
}

}  // namespace

Result<void> apply_container_lists(const Flags& flags, Json& container) {
  change_map({flags, "container-label"}, "Labels", container);
  change_map({flags, "sysctl"}, "Sysctls", container);
  change_texts({flags, "group"}, "Groups", container);
  SKEIN_TRY(change_member(container, "DNSConfig", [&](Json& dns) -> Result<void> {
    change_texts({flags, "dns"}, "Nameservers", dns);
    change_texts({flags, "dns-search"}, "Search", dns);
    change_texts({flags, "dns-option"}, "Options", dns);
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

}  // namespace skein::cli
