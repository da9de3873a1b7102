#include "engine/podman/spec/create_spec.h"

#include <algorithm>
#include <array>

#include "engine/podman/spec/asked.h"
#include "engine/podman/spec/log_driver.h"
#include "engine/podman/spec/mount_spec.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

constexpr int64_t kShmBytes = 64 << 20;  // Podman counts 64,000 KiB

// Podman makes these writable in a container whose root is read-only. Ours are read-only, with what the image has
// there.
constexpr std::array kWritableFolders{"/run", "/tmp", "/var/tmp"};
constexpr const char* kReadOnlyTmpfs = "ro,tmpcopyup";

bool has_number(const json& object, const char* name) {
  const json& value = at(object, name);
  return value.is_number_integer() && value != 0;
}

// The targets of everything that the user mounts.
bool is_mounted(const json& body, const json& host, const std::string& folder) {
  for (const auto& bind : texts_of(host, "Binds")) {
    const std::string rest = bind.substr(std::min(bind.find(':') + 1, bind.size()));
    if (rest.substr(0, rest.find(':')) == folder) return true;
  }
  for (const json& mount : at(host, "Mounts"))
    if (text_of(mount, "Target") == folder) return true;
  return at(host, "Tmpfs").contains(folder) || at(body, "Volumes").contains(folder);
}

void keep_root_read_only(const json& body, const json& image_volumes, json& host) {
  if (at(host, "ReadonlyRootfs") != true) return;
  json ours = json::object();
  for (const char* folder : kWritableFolders)
    if (!is_mounted(body, host, folder) && !image_volumes.contains(folder)) ours[folder] = kReadOnlyTmpfs;
  if (!host["Tmpfs"].is_object()) host["Tmpfs"] = json::object();
  host["Tmpfs"].update(ours);
}

// Docker's tmpfs is empty, and runs no programs unless it is asked to; Podman's has what the image has there.
void set_tmpfs_defaults(json& host) {
  if (!at(host, "Tmpfs").is_object()) return;
  for (const auto& [target, options] : at(host, "Tmpfs").items())
    if (options.is_string()) host["Tmpfs"][target] = tmpfs_options_of(options.get<std::string>());
}

// Docker lets every user of a container's own network bind low ports and send pings.
void set_network_defaults(json& host) {
  const std::string mode = text_of(host, "NetworkMode");
  if (mode == "host" || mode.starts_with("container:") || at(host, "UsernsMode") == "host") return;
  if (!host["Sysctls"].is_object()) host["Sysctls"] = json::object();
  for (const auto& [name, value] :
       {std::pair("net.ipv4.ip_unprivileged_port_start", "0"), std::pair("net.ipv4.ping_group_range", "0 2147483647")})
    if (!host["Sysctls"].contains(name)) host["Sysctls"][name] = value;
}

void set_limits(json& host) {
  // No limit, where Podman's default is 2048; Docker takes every number below one for none.
  const json& pids = at(host, "PidsLimit");
  if (!pids.is_number_integer() || pids.get<int64_t>() <= 0) host["PidsLimit"] = 0;
  const std::string ipc = text_of(host, "IpcMode");
  if (ipc != "host" && ipc != "none" && !ipc.starts_with("container:") && !has_number(host, "ShmSize"))
    host["ShmSize"] = kShmBytes;
}

// The engine takes its own limits where some are asked for and others not.
void add_ulimits(const std::map<std::string, uint64_t>& ulimits, json& host) {
  json& asked = host["Ulimits"];
  if (!asked.is_array() || asked.empty()) return;
  for (const auto& limit : ulimits)
    if (std::ranges::none_of(asked, [&](const json& each) { return text_of(each, "Name") == limit.first; }))
      asked.push_back({{"Name", limit.first}, {"Soft", limit.second}, {"Hard", limit.second}});
}

// What containers do not see, or cannot write, below /proc and /sys.
constexpr std::array kPodmanMasks{"/proc/acpi",       "/proc/kcore",       "/proc/keys",        "/proc/latency_stats",
                                  "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi",
                                  "/sys/firmware",    "/sys/fs/selinux",   "/sys/dev/block"};
constexpr std::array kPodmanReadOnly{"/proc/asound", "/proc/bus", "/proc/fs",
                                     "/proc/irq",    "/proc/sys", "/proc/sysrq-trigger"};
constexpr const char* kDockersOtherMasks = "/proc/asound:/proc/interrupts:/sys/devices/virtual/powercap";

template <size_t N>
void add_missing(const std::array<const char*, N>& defaults, const std::vector<std::string>& asked,
                 std::string& unmask) {
  for (const char* path : defaults)
    if (std::ranges::find(asked, path) == asked.end()) unmask += (unmask.empty() ? "" : ":") + std::string(path);
}

void set_paths(json& host) {
  if (at(host, "Privileged") == true) return;
  if (!host["SecurityOpt"].is_array()) host["SecurityOpt"] = json::array();
  json& options = host["SecurityOpt"];
  const json &masked = at(host, "MaskedPaths"), &read_only = at(host, "ReadonlyPaths");
  std::string mask, unmask;
  if (masked.is_array()) {
    const auto asked = texts_of(host, "MaskedPaths");
    for (const auto& path : asked) mask += (mask.empty() ? "" : ":") + path;
    add_missing(kPodmanMasks, asked, unmask);
  } else {
    mask = kDockersOtherMasks;
  }
  if (read_only.is_array()) add_missing(kPodmanReadOnly, texts_of(host, "ReadonlyPaths"), unmask);
  if (!mask.empty()) options.push_back("mask=" + mask);
  if (!unmask.empty()) options.push_back("unmask=" + unmask);
}

bool is_set(const std::vector<std::string>& environment, const std::string& name) {
  return std::ranges::any_of(environment,
                             [&](const std::string& variable) { return variable.starts_with(name + "="); });
}

void unset_podmans_variables(const std::vector<std::string>& image_environment, json& body) {
  const std::vector<std::string> asked = texts_of(body, "Env");
  for (const char* name : {"container", "TERM"}) {
    if (is_set(asked, name) || is_set(image_environment, name)) continue;
    if (at(body, "Tty") == true && name == std::string_view("TERM")) continue;
    if (!body["Env"].is_array()) body["Env"] = json::array();
    body["Env"].push_back(std::string(name) + "=" + kUnsetValue);
  }
}

bool is_ours(const std::string& variable, const json& config) {
  return variable.ends_with(std::string("=") + kUnsetValue) || variable == "container=podman" ||
         variable == "HOSTNAME=" + text_of(config, "Hostname") ||
         (variable == "TERM=xterm" && at(config, "Tty") != true);
}

}  // namespace

Result<PodmanCreate> podman_create(json body, const PodmanCreateContext& context) {
  PodmanCreate out;
  json& host = body["HostConfig"];
  if (!host.is_object()) host = json::object();
  if (!context.cgroup_parent.empty() && text_of(host, "CgroupParent").empty())
    host["CgroupParent"] = context.cgroup_parent;
  // As it was asked for, before it is changed.
  if (!body["Labels"].is_object()) body["Labels"] = json::object();
  body["Labels"][kAskedLabel] = asked_label(body);
  host.erase("Links");
  SKEIN_TRY_ASSIGN(host["LogConfig"], podman_log_config(at(host, "LogConfig")));
  unset_podmans_variables(context.image_environment, body);
  set_limits(host);
  add_ulimits(context.ulimits, host);
  set_paths(host);
  set_network_defaults(host);
  set_tmpfs_defaults(host);
  SKEIN_TRY(translate_mounts(host, out.volumes, context.new_name));
  keep_root_read_only(body, context.image_volumes, host);
  // Docker's clients name these networks once more, which Podman takes for networks of its own.
  if (const std::string mode = text_of(host, "NetworkMode"); mode == "host" || mode == "none")
    body.erase("NetworkingConfig");
  out.body = std::move(body);
  return out;
}

void hide_podman_defaults(json& container) {
  if (!container.is_object()) return;
  json& config = container["Config"];
  if (json* environment = config.is_object() && config.contains("Env") ? &config["Env"] : nullptr;
      environment && environment->is_array()) {
    json kept = json::array();
    for (const json& variable : *environment)
      if (!variable.is_string() || !is_ours(variable.get<std::string>(), config)) kept.push_back(variable);
    *environment = std::move(kept);
  }
  json& host = container["HostConfig"];
  if (host.is_object() && at(host, "Tmpfs").is_object()) {
    for (const char* folder : kWritableFolders)
      if (text_of(host["Tmpfs"], folder).starts_with(kReadOnlyTmpfs)) host["Tmpfs"].erase(folder);
    if (host["Tmpfs"].empty()) host.erase("Tmpfs");
  }
  show_asked(container);
}

}  // namespace skein::engine
