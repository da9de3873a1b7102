#include "engine/podman/spec/asked.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/text/json_text.h"
#include "engine/podman/spec/log_driver.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

// Members of HostConfig that never change after the creation, and are nobody else's to show.
constexpr std::array kOfHost{"Annotations",
                             "Binds",
                             "BlkioDeviceReadBps",
                             "BlkioDeviceReadIOps",
                             "BlkioDeviceWriteBps",
                             "BlkioDeviceWriteIOps",
                             "BlkioWeightDevice",
                             "CapAdd",
                             "CapDrop",
                             "Cgroup",
                             "CgroupnsMode",
                             "ConsoleSize",
                             "ContainerIDFile",
                             "DeviceCgroupRules",
                             "DeviceRequests",
                             "Devices",
                             "GroupAdd",
                             "Init",
                             "IpcMode",
                             "Isolation",
                             "Links",
                             "LogConfig",
                             "MaskedPaths",
                             "MemorySwappiness",
                             "Mounts",
                             "OomKillDisable",
                             "OomScoreAdj",
                             "PidMode",
                             "Privileged",
                             "ReadonlyPaths",
                             "ReadonlyRootfs",
                             "Runtime",
                             "SecurityOpt",
                             "StorageOpt",
                             "Sysctls",
                             "Tmpfs",
                             "UTSMode",
                             "Ulimits",
                             "UsernsMode",
                             "VolumeDriver",
                             "VolumesFrom"};
// Shown only if they were asked for, as in Docker.
constexpr std::array kOnlyIfAsked{"Annotations", "Init", "Mounts", "StorageOpt", "Sysctls", "Tmpfs"};
constexpr std::array kOfConfig{"AttachStderr", "AttachStdin", "AttachStdout", "Domainname",
                               "OpenStdin",    "StdinOnce",   "StopSignal"};

const json& dockers_masked_paths() {
  static const json kPaths{"/proc/asound",     "/proc/acpi",        "/proc/interrupts",
                           "/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
                           "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
                           "/proc/scsi",       "/sys/firmware",     "/sys/devices/virtual/powercap"};
  return kPaths;
}
const json& dockers_read_only_paths() {
  static const json kPaths{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  return kPaths;
}

void take(const json& from, const char* name, json& out) {
  if (from.contains(name) && !from[name].is_null()) out[name] = from[name];
}

// Go's empty values in Docker's types, as Docker shows what nobody asked for.
json nothing_asked(const std::string& name) {
  if (name == "Privileged" || name == "ReadonlyRootfs") return false;
  if (name == "OomScoreAdj") return 0;
  if (name == "ConsoleSize") return json::array({0, 0});
  static constexpr std::array kTexts{"Cgroup",  "ContainerIDFile", "Isolation",   "PidMode",
                                     "UTSMode", "UsernsMode",      "VolumeDriver"};
  if (std::ranges::find(kTexts, name) != kTexts.end()) return "";
  if (name == "CgroupnsMode" || name == "IpcMode") return "private";
  if (name == "Runtime") return "runc";
  if (name == "LogConfig") return json::object();
  if (name == "MaskedPaths") return dockers_masked_paths();
  if (name == "ReadonlyPaths") return dockers_read_only_paths();
  return nullptr;
}

// "db:database" → "/db:/web/database"
void finish_links(const std::string& container, json& links) {
  if (!links.is_array()) return;
  for (json& link : links) {
    if (!link.is_string() || std::string(link).starts_with('/')) continue;
    const std::string text = link, name = text.substr(0, text.find(':'));
    std::string shown = "/" + name;
    shown.append(":").append(container).append("/");
    link = shown + (name.size() == text.size() ? name : text.substr(name.size() + 1));
  }
}

void finish_log(json& log) {
  if (!log.is_object()) log = json::object();
  if (text_of(log, "Type").empty()) log["Type"] = kDockersLogDriver;
  if (!at(log, "Config").is_object() || at(log, "Config").empty()) log["Config"] = json::object();
}

void show_host(const json& asked, json& host) {
  for (const char* name : kOfHost) {
    const bool is_asked = asked.contains(name);
    if (!is_asked && std::ranges::find(kOnlyIfAsked, std::string_view(name)) != kOnlyIfAsked.end())
      host.erase(name);
    else
      host[name] = is_asked ? asked[name] : nothing_asked(name);
  }
  // Nothing is hidden from who may do everything.
  if (host["Privileged"] == true)
    for (const char* name : {"MaskedPaths", "ReadonlyPaths"})
      if (!asked.contains(name)) host[name] = nullptr;
  for (const char* name : {"CgroupnsMode", "IpcMode", "Runtime"})
    if (text_of(host, name).empty()) host[name] = nothing_asked(name);
  if (host["MemorySwappiness"] == -1) host["MemorySwappiness"] = nullptr;
  finish_log(host["LogConfig"]);
}

// "15" → "SIGTERM"
void name_signal(json& config) {
  const std::string text = text_of(config, "StopSignal");
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return;
  if (const char* name = ::sigabbrev_np(number)) config["StopSignal"] = std::string("SIG") + name;
}

void show_config(const json& asked, json& config) {
  name_signal(config);
  if (!asked.contains("StopSignal") && text_of(config, "StopSignal") == "SIGTERM") config.erase("StopSignal");
  for (const char* name : kOfConfig)
    if (asked.contains(name)) config[name] = asked[name];
  if (at(config, "Entrypoint").is_array() && config["Entrypoint"].empty()) config["Entrypoint"] = nullptr;
  if (text_of(asked, "WorkingDir").empty() && text_of(config, "WorkingDir") == "/") config["WorkingDir"] = "";
  json& environment = config["Env"];
  if (!environment.is_array() || asked.value("has_home", false)) return;
  std::erase_if(environment.get_ref<json::array_t&>(), [](const json& variable) {
    return variable.is_string() && std::string(variable).starts_with("HOME=");
  });
}

}  // namespace

std::string asked_label(const json& body) {
  json host = json::object(), config = json::object();
  const json& from = at(body, "HostConfig");
  for (const char* name : kOfHost) take(from, name, host);
  for (const char* name : kOfConfig) take(body, name, config);
  if (text_of(config, "StopSignal").empty()) config.erase("StopSignal");
  take(body, "WorkingDir", config);
  for (const auto& variable : texts_of(body, "Env"))
    if (variable.starts_with("HOME=")) config["has_home"] = true;
  return json_text(json{{"host", host}, {"config", config}});
}

json asked_of_host(const json& labels, const char* name) {
  const json asked = json::parse(text_of(labels, kAskedLabel), nullptr, false);
  const json& host = at(asked, "host");
  return host.is_object() && host.contains(name) ? host[name] : json();
}

void show_asked(json& container) {
  json& config = container["Config"];
  json& host = container["HostConfig"];
  if (!config.is_object() || !host.is_object()) return;
  if (const json& pids = at(host, "PidsLimit"); pids.is_number_integer() && pids.get<int64_t>() <= 0)
    host["PidsLimit"] = nullptr;
  const json asked = json::parse(text_of(at(config, "Labels"), kAskedLabel), nullptr, false);
  if (!asked.is_object()) {
    name_signal(config);
    return finish_log(host["LogConfig"]);
  }
  show_host(object_of(asked, "host"), host);
  finish_links(text_of(container, "Name"), host["Links"]);
  show_config(object_of(asked, "config"), config);
}

}  // namespace skein::engine
