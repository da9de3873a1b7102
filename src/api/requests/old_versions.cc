#include "api/requests/old_versions.h"

#include "engine/values/json_fields.h"
#include "engine/values/networking_record.h"

namespace skein::api {

using engine::at;
using io::http::ApiVersion;
using nlohmann::json;

namespace {

// Null unless all of the path is there, and an object at its end.
json* object_at(json& from, std::initializer_list<const char*> path) {
  json* object = &from;
  for (const char* name : path) {
    if (!object->is_object() || !object->contains(name)) return nullptr;
    object = &(*object)[name];
  }
  return object->is_object() ? object : nullptr;
}

void leave_out(json& from, std::initializer_list<const char*> path, const char* member) {
  if (json* object = object_at(from, path)) object->erase(member);
}

void leave_out_of_mounts(json& host, const char* options, const char* member) {
  if (!at(host, "Mounts").is_array()) return;
  for (json& mount : host["Mounts"]) leave_out(mount, {options}, member);
}

// As many bytes as the kernel takes.
constexpr size_t kHostnameBytesMax = 64;

Result<void> check_hostname(const std::string& name) {
  if (name.size() <= kHostnameBytesMax) return {};
  return make_error(Code::kInvalidArgument, "hostname \"" + name.substr(0, 200) + "\" is too long (maximum " +
                                                std::to_string(kHostnameBytesMax) + " bytes)");
}

Error refused_by_version(const std::string& what) { return make_error(Code::kInvalidArgument, what); }

// Options of another type's were not looked at before 1.42.
void leave_out_options_of_others(json& host) {
  if (!at(host, "Mounts").is_array()) return;
  for (json& mount : host["Mounts"]) {
    const std::string type = engine::text_of(mount, "Type");
    if (type != "volume") mount.erase("VolumeOptions");
    if (type != "tmpfs") mount.erase("TmpfsOptions");
  }
}

Result<void> refuse_of_mounts(const json& host, ApiVersion version) {
  if (!at(host, "Mounts").is_array()) return {};
  for (const json& mount : at(host, "Mounts")) {
    if (version < ApiVersion{1, 44} && at(at(mount, "BindOptions"), "ReadOnlyForceRecursive") == true)
      return refused_by_version("BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer");
    if (version < ApiVersion{1, 45} && !engine::text_of(at(mount, "VolumeOptions"), "Subpath").empty())
      return refused_by_version("VolumeOptions.Subpath needs API v1.45 or newer");
  }
  return {};
}

Result<void> refuse_many_endpoints(const json& body) {
  const json& endpoints = at(at(body, "NetworkingConfig"), "EndpointsConfig");
  if (!endpoints.is_object() || endpoints.size() < 2) return {};
  std::string names;
  for (const auto& [name, settings] : endpoints.items()) names += (names.empty() ? "" : ", ") + name;
  return refused_by_version("Container cannot be created with multiple network endpoints: " + names);
}

std::string main_network(const json& body) {
  const std::string mode = engine::text_of(at(body, "HostConfig"), "NetworkMode");
  return mode.empty() || mode == "default" ? "bridge" : mode;
}

json& endpoints_of(json& body) {
  json& endpoints = body["NetworkingConfig"]["EndpointsConfig"];
  if (!endpoints.is_object()) endpoints = json::object();
  return endpoints;
}

// One MAC address for the container, which is its only endpoint's, until 1.44.
void move_mac_address(json& body) {
  const std::string mac = engine::text_of(body, "MacAddress"), mode = main_network(body);
  json& endpoints = endpoints_of(body);
  if (endpoints.empty() && !mac.empty()) endpoints[mode] = json::object();
  for (auto& [name, settings] : endpoints.items()) {
    if (!settings.is_object()) settings = json::object();
    if (mac.empty())
      settings.erase("MacAddress");
    else
      settings["MacAddress"] = mac;
  }
}

// Until 1.52 the container's MAC address may still be given, and is that of its main network.
Result<void> merge_mac_address(json& body) {
  const std::string mac = engine::text_of(body, "MacAddress"), mode = main_network(body);
  if (mac.empty() || !engine::is_managed_mode(mode)) return {};
  json& endpoints = endpoints_of(body);
  if (endpoints.empty()) endpoints[mode] = json::object();
  if (!endpoints.contains(mode))
    return refused_by_version(
        "HostConfig.NetworkMode must match the identity of a network in NetworkSettings.Networks");
  json& settings = endpoints[mode];
  if (!settings.is_object()) settings = json::object();
  const std::string own = engine::text_of(settings, "MacAddress");
  if (!own.empty() && own != mac)
    return refused_by_version(
        "the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left "
        "empty");
  settings["MacAddress"] = mac;
  return {};
}

Result<void> adjust_endpoints(json& body, ApiVersion version) {
  if (version < ApiVersion{1, 44}) {
    SKEIN_TRY(refuse_many_endpoints(body));
    move_mac_address(body);
  } else if (version < ApiVersion{1, 52}) {
    SKEIN_TRY(merge_mac_address(body));
  }
  body.erase("MacAddress");
  json* endpoints = object_at(body, {"NetworkingConfig", "EndpointsConfig"});
  if (version < ApiVersion{1, 48} && endpoints)
    for (json& settings : *endpoints)
      if (settings.is_object()) settings.erase("GwPriority");
  return {};
}

// The same in each object of a list of the container's.
void leave_out_of_list(json& spec, const char* list, std::initializer_list<const char*> path, const char* member) {
  json* container = object_at(spec, {"TaskTemplate", "ContainerSpec"});
  if (!container || !at(*container, list).is_array()) return;
  for (json& one : (*container)[list]) leave_out(one, path, member);
}

// The service's networks stood beside its task template at first.
void move_networks(json& spec) {
  const json& networks = at(spec, "Networks");
  json* task = object_at(spec, {"TaskTemplate"});
  if (!networks.is_array() || networks.empty() || !task) return;
  json& wanted = (*task)["Networks"];
  if (!wanted.is_array() || wanted.empty()) wanted = networks;
  spec.erase("Networks");
}

}  // namespace

void adjust_service(json& spec, ApiVersion version) {
  const auto container = {"TaskTemplate", "ContainerSpec"};
  if (version < ApiVersion{1, 40}) {
    leave_out(spec, container, "Sysctls");
    leave_out(spec, {"TaskTemplate", "ContainerSpec", "Privileges", "CredentialSpec"}, "Config");
    leave_out(spec, {"TaskTemplate", "Placement"}, "MaxReplicas");
    leave_out_of_list(spec, "Configs", {}, "Runtime");
  }
  if (version < ApiVersion{1, 41}) {
    for (const char* member : {"CapabilityAdd", "CapabilityDrop", "Ulimits"}) leave_out(spec, container, member);
    leave_out(spec, {"TaskTemplate", "Resources", "Limits"}, "Pids");
    for (const char* member : {"ReplicatedJob", "GlobalJob"}) leave_out(spec, {"Mode"}, member);
  }
  if (version < ApiVersion{1, 44}) {
    for (const char* member : {"Seccomp", "AppArmor", "NoNewPrivileges"})
      leave_out(spec, {"TaskTemplate", "ContainerSpec", "Privileges"}, member);
    leave_out(spec, {"TaskTemplate", "ContainerSpec", "Healthcheck"}, "StartInterval");
    move_networks(spec);
  }
  if (version < ApiVersion{1, 46}) {
    leave_out(spec, container, "OomScoreAdj");
    leave_out_of_list(spec, "Mounts", {"TmpfsOptions"}, "Options");
  }
  if (version < ApiVersion{1, 52})
    for (const char* member : {"SwapBytes", "MemorySwappiness"}) leave_out(spec, {"TaskTemplate", "Resources"}, member);
}

Result<void> adjust_container(json& body, ApiVersion version) {
  if (!body["HostConfig"].is_object()) body["HostConfig"] = json::object();
  json& host = body["HostConfig"];
  SKEIN_TRY(check_hostname(engine::text_of(body, "Hostname")));
  SKEIN_TRY(refuse_of_mounts(host, version));
  if (version < ApiVersion{1, 25}) host.erase("AutoRemove");
  if (version < ApiVersion{1, 40}) {
    leave_out_of_mounts(host, "BindOptions", "NonRecursive");
    host.erase("KernelMemoryTCP");
    if (engine::text_of(host, "IpcMode").empty()) host["IpcMode"] = "shareable";
  }
  if (version < ApiVersion{1, 42}) {
    leave_out_of_mounts(host, "BindOptions", "CreateMountpoint");
    leave_out_options_of_others(host);
    host.erase("ConsoleSize");
  } else {
    host.erase("KernelMemory");
  }
  if (version < ApiVersion{1, 43}) host.erase("Annotations");
  if (version < ApiVersion{1, 44}) {
    leave_out(body, {"Healthcheck"}, "StartInterval");
  }
  if (version >= ApiVersion{1, 52}) host.erase("KernelMemoryTCP");
  return adjust_endpoints(body, version);
}

void adjust_network(json& body, ApiVersion version) {
  if (version < ApiVersion{1, 48}) body.erase("EnableIPv4");
}

void adjust_connect(json& body, ApiVersion version) {
  if (version < ApiVersion{1, 54}) leave_out(body, {"EndpointConfig"}, "MacAddress");
}

}  // namespace skein::api
