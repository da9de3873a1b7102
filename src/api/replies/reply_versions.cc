#include "api/replies/reply_versions.h"

#include "engine/values/json_fields.h"

namespace skein::api {

using engine::at;
using io::http::ApiVersion;
using nlohmann::json;

namespace {

// What was told of the default bridge beside the networks, and what it was without one.
const json& address_members() {
  static const json kMembers{{"EndpointID", ""},         {"Gateway", ""},   {"GlobalIPv6Address", ""},
                             {"GlobalIPv6PrefixLen", 0}, {"IPAddress", ""}, {"IPPrefixLen", 0},
                             {"IPv6Gateway", ""},        {"MacAddress", ""}};
  return kMembers;
}

const json& bridge_members() {
  static const json kMembers{{"Bridge", ""},
                             {"HairpinMode", false},
                             {"LinkLocalIPv6Address", ""},
                             {"LinkLocalIPv6PrefixLen", 0},
                             {"SecondaryIPAddresses", nullptr},
                             {"SecondaryIPv6Addresses", nullptr}};
  return kMembers;
}

// Of the container from which a classic build made the image; the image itself never has one.
const json& container_members() {
  static const json kMembers{{"AttachStderr", false}, {"AttachStdin", false}, {"AttachStdout", false},
                             {"Domainname", ""},      {"Hostname", ""},       {"Image", ""},
                             {"OpenStdin", false},    {"StdinOnce", false},   {"Tty", false}};
  return kMembers;
}

const json& image_members() {
  static const json kMembers{{"Cmd", nullptr},     {"Entrypoint", nullptr}, {"Env", nullptr},
                             {"Labels", nullptr},  {"OnBuild", nullptr},    {"User", ""},
                             {"Volumes", nullptr}, {"WorkingDir", ""}};
  return kMembers;
}

bool is_empty(const json& value) {
  return value.is_null() || (value.is_string() ? value.get_ref<const std::string&>().empty() : value.empty());
}

void put_missing(json& out, const json& members) {
  for (const auto& [name, value] : members.items())
    if (!out.contains(name)) out[name] = value;
}

void leave_out_all(json& out, const json& members) {
  for (const auto& [name, value] : members.items()) out.erase(name);
}

void leave_out_empty(json& out, const json& members) {
  for (const auto& [name, value] : members.items())
    if (out.contains(name) && is_empty(out[name])) out.erase(name);
}

void put_addresses(json& settings) {
  put_missing(settings, bridge_members());
  const json& bridge = at(at(settings, "Networks"), "bridge");
  for (const auto& [name, value] : address_members().items())
    settings[name] = bridge.is_object() && bridge.contains(name) ? bridge[name] : value;
}

void shape_image_config(json& config, ApiVersion version) {
  if (version >= ApiVersion{1, 50})
    leave_out_all(config, container_members());
  else
    put_missing(config, container_members());
  if (version >= ApiVersion{1, 52})
    leave_out_empty(config, image_members());
  else
    put_missing(config, image_members());
}

}  // namespace

void shape_container(json& container, ApiVersion version) {
  json& settings = container["NetworkSettings"];
  if (!settings.is_object()) settings = json::object();
  if (version < ApiVersion{1, 52}) return put_addresses(settings);
  leave_out_all(settings, address_members());
  leave_out_all(settings, bridge_members());
  if (container["HostConfig"].is_object()) container["HostConfig"].erase("KernelMemoryTCP");
  json& config = container["Config"];
  if (config.is_object() && is_empty(at(config, "OnBuild"))) config.erase("OnBuild");
}

void shape_image(json& image, ApiVersion version) {
  if (image["Config"].is_object()) shape_image_config(image["Config"], version);
  static const json kOptional{{"Parent", ""}, {"Comment", ""}, {"DockerVersion", ""}, {"Author", ""}};
  if (version >= ApiVersion{1, 52})
    leave_out_empty(image, kOptional);
  else
    put_missing(image, kOptional);
}

void shape_info(json& info, ApiVersion version) {
  if (version >= ApiVersion{1, 49}) {
    for (const char* name : {"AllowNondistributableArtifactsCIDRs", "AllowNondistributableArtifactsHostnames"})
      info["RegistryConfig"].erase(name);
    for (const char* name : {"ContainerdCommit", "RuncCommit", "InitCommit"}) info[name].erase("Expected");
  }
  if (version >= ApiVersion{1, 50})
    for (const char* name : {"BridgeNfIptables", "BridgeNfIp6tables"}) info.erase(name);
  if (version >= ApiVersion{1, 52}) info.erase("KernelMemoryTCP");
}

void shape_network(json& network, ApiVersion version) {
  if (version < ApiVersion{1, 48}) network.erase("EnableIPv4");
}

}  // namespace skein::api
