#include "api/requests/old_versions.h"

#include "engine/json_fields.h"

namespace skein::api {

using engine::at;
using io::http::ApiVersion;
using nlohmann::json;

namespace {

// Leaves out the member at the end of the path, if all of the path is there.
void leave_out(json& from, std::initializer_list<const char*> path, const char* member) {
  json* object = &from;
  for (const char* name : path) {
    if (!object->is_object() || !object->contains(name)) return;
    object = &(*object)[name];
  }
  if (object->is_object()) object->erase(member);
}

void leave_out_of_mounts(json& host, const char* options, const char* member) {
  if (!at(host, "Mounts").is_array()) return;
  for (json& mount : host["Mounts"]) leave_out(mount, {options}, member);
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

// One MAC address for the container, which is its only endpoint's, until 1.44.
void move_mac_address(json& body) {
  const std::string mac = engine::text_of(body, "MacAddress");
  json& host = body["HostConfig"];
  std::string mode = engine::text_of(host, "NetworkMode");
  if (mode.empty() || mode == "default") mode = "bridge";
  json& endpoints = body["NetworkingConfig"]["EndpointsConfig"];
  if (!endpoints.is_object()) endpoints = json::object();
  if (endpoints.empty() && !mac.empty()) endpoints[mode] = json::object();
  for (auto& [name, settings] : endpoints.items()) {
    if (!settings.is_object()) settings = json::object();
    if (mac.empty())
      settings.erase("MacAddress");
    else
      settings["MacAddress"] = mac;
  }
}

}  // namespace

void adjust_service(json& spec, ApiVersion version) {
  const auto container = {"TaskTemplate", "ContainerSpec"};
  if (version < ApiVersion{1, 40}) {
    leave_out(spec, container, "Sysctls");
    leave_out(spec, {"TaskTemplate", "ContainerSpec", "Privileges", "CredentialSpec"}, "Config");
    leave_out(spec, {"TaskTemplate", "Placement"}, "MaxReplicas");
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
  }
  if (version < ApiVersion{1, 46}) leave_out(spec, container, "OomScoreAdj");
}

Result<void> adjust_container(json& body, ApiVersion version) {
  if (!body["HostConfig"].is_object()) body["HostConfig"] = json::object();
  json& host = body["HostConfig"];
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
    SKEIN_TRY(refuse_many_endpoints(body));
    move_mac_address(body);
  }
  return {};
}

}  // namespace skein::api
