#include "api/containers/show/present.h"

#include <netinet/in.h>

#include <algorithm>

#include "api/containers/show/container_states.h"
#include "api/replies/reply_versions.h"
#include "containers/housing/links.h"
#include "engine/podman/spec/asked.h"
#include "engine/podman/spec/create_spec.h"
#include "engine/values/image_names.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using engine::NetworkingRecord;
using nlohmann::json;

namespace {

std::string spec_of(const plan::PublishedPort& port) {
  const char* protocol = port.protocol == IPPROTO_UDP ? "/udp" : port.protocol == IPPROTO_SCTP ? "/sctp" : "/tcp";
  return std::to_string(port.container_port) + protocol;
}

std::vector<plan::PublishedPort> ports_of(const NetworkingRecord& record, const NetworkingState& state) {
  auto ports = containers::published_ports(record, state.container.assigned);
  return ports.ok() ? *ports : std::vector<plan::PublishedPort>();
}

// Docker's "Ports": every exposed port, with its bindings if there are some.
json present_ports(const NetworkingRecord& record, const NetworkingState& state) {
  json ports = json::object();
  for (const auto& [spec, nothing] : record.exposed_ports.items()) ports[spec] = nullptr;
  for (const auto& port : ports_of(record, state))
    ports[spec_of(port)].push_back(
        {{"HostIp", port.host_address.text()}, {"HostPort", std::to_string(port.host_port)}});
  return ports;
}

void remove_own_mounts(json& mounts, const std::vector<std::string>& folders, const char* source_name) {
  if (!mounts.is_array()) return;
  for (size_t i = mounts.size(); i-- > 0;) {
    const json& mount = mounts[i];
    const json& source = mount.is_object() && mount.contains(source_name) ? mount[source_name] : mount;
    const bool is_ours = source.is_string() && std::ranges::any_of(folders, [&](const std::string& folder) {
                           return source.get_ref<const std::string&>().starts_with(folder + "/");
                         });
    if (is_ours) mounts.erase(i);
  }
}

// As the user wrote it, if that is known.
void present_image_name(json& object, const std::optional<NetworkingRecord>& record) {
  if (record && !record->image.empty())
    object["Image"] = record->image;
  else if (object.contains("Image") && object["Image"].is_string())
    object["Image"] = engine::familiar_image(object["Image"].get<std::string>());
}

// A volume has no propagation. Its mode is what the user wrote behind it; Docker writes "z" where there was nothing.
void present_volume_mounts(json& mounts, const json& labels) {
  const bool has_volumes =
      std::ranges::any_of(mounts, [](const json& mount) { return engine::text_of(mount, "Type") == "volume"; });
  if (!mounts.is_array() || !has_volumes) return;
  const json binds = engine::asked_of_host(labels, "Binds");
  for (json& mount : mounts) {
    if (engine::text_of(mount, "Type") != "volume") continue;
    mount["Propagation"] = "";
    const std::string bind = engine::text_of(mount, "Name") + ":" + engine::text_of(mount, "Destination");
    for (const json& asked : binds)
      if (asked == bind) mount["Mode"] = "z";
  }
}

// The engine has more states than Docker, and does not say "(Paused)".
void present_state(json& entry) {
  const containers::Phase phase = containers::phase_of_word(entry["State"]);
  entry["State"] = containers::phase_name(phase);
  if (phase != containers::Phase::kPaused) return;
  std::string status = entry.value("Status", json("")).is_string() ? entry.value("Status", "") : "";
  if (!status.ends_with(" (Paused)")) entry["Status"] = status + " (Paused)";
}

// What was asked, without addresses.
json settings_json(const engine::WantedNetwork& wanted, const std::string& container_id, io::http::ApiVersion version) {
  json value{{"IPAMConfig", nullptr}, {"Links", nullptr},        {"Aliases", nullptr},       {"NetworkID", wanted.id},
             {"EndpointID", ""},      {"Gateway", ""},           {"IPAddress", ""},          {"IPPrefixLen", 0},
             {"IPv6Gateway", ""},     {"GlobalIPv6Address", ""}, {"GlobalIPv6PrefixLen", 0}, {"MacAddress", ""},
             {"DriverOpts", nullptr}};
  for (const char* name : {"IPAMConfig", "Links", "Aliases", "MacAddress", "DriverOpts"})
    if (wanted.settings.contains(name)) value[name] = wanted.settings[name];
  if (version >= io::http::ApiVersion{1, 48}) value["GwPriority"] = wanted.settings.value("GwPriority", json(0));
  if (version >= io::http::ApiVersion{1, 44}) value["DNSNames"] = nullptr;
  // Up to 1.44 the short id of a container that was on a network with names is one of its aliases.
  if (wanted.id.empty() || wanted.name == "bridge" || version > io::http::ApiVersion{1, 44}) return value;
  auto& aliases = value["Aliases"];
  if (!aliases.is_array()) aliases = json::array();
  const json short_id = container_id.substr(0, 12);
  if (std::find(aliases.begin(), aliases.end(), short_id) == aliases.end()) aliases.push_back(short_id);
  return value;
}

// The container's own MAC address is what was asked for its main network.
void present_asked_mac(json& config, const NetworkingRecord& record) {
  const std::string mode =
      record.network_mode.empty() || record.network_mode == "default" ? "bridge" : record.network_mode;
  std::string mac;
  for (const char* name : {mode.c_str(), record.network_mode.c_str()})
    if (mac.empty() && record.endpoints.is_object() && record.endpoints.contains(name))
      mac = engine::text_of(record.endpoints[name], "MacAddress");
  if (mac.empty())
    config.erase("MacAddress");
  else
    config["MacAddress"] = mac;
}

json endpoint_json(const overlay::EndpointStatus& endpoint, engine::WantedNetwork wanted,
                   const std::string& container_id, io::http::ApiVersion version) {
  wanted.id = endpoint.network_id;
  json value = settings_json(wanted, container_id, version);
  value["EndpointID"] = endpoint.endpoint_id;
  value["Gateway"] = endpoint.gateway.is_unspecified() ? "" : endpoint.gateway.text();
  value["IPAddress"] = endpoint.address.text();
  value["IPPrefixLen"] = endpoint.prefix_bits;
  value["MacAddress"] = endpoint.mac.text();
  if (version >= io::http::ApiVersion{1, 44})
    value["DNSNames"] = endpoint.dns_names.empty() ? json() : json(endpoint.dns_names);
  return value;
}

void hide_links(const std::set<std::string>& unlinked, json& links) {
  if (!links.is_array()) return;
  std::erase_if(links.get_ref<json::array_t&>(), [&](const json& link) {
    return link.is_string() && unlinked.contains(containers::alias_of_link(link));
  });
  if (links.empty()) links = nullptr;
}

}  // namespace

json present_networks(const NetworkingRecord& record, const NetworkingState& state, const std::string& container_id,
                      io::http::ApiVersion version) {
  json networks = json::object();
  const auto wanted = networks_of(record, state.container);
  for (const auto& network : wanted) networks[network.name] = settings_json(network, container_id, version);
  for (const auto& endpoint : state.endpoints) {
    const auto* asked = engine::find_network(wanted, endpoint.network_name);
    if (!asked) asked = engine::find_network(wanted, endpoint.network_id);
    // Names other than the network's own are ids that users wrote.
    if (asked && asked->name != endpoint.network_name) networks.erase(asked->name);
    networks[endpoint.network_name] = endpoint_json(
        endpoint, asked ? *asked : engine::WantedNetwork{.name = endpoint.network_name}, container_id, version);
  }
  return networks;
}

void present_container(json& container, const std::optional<NetworkingRecord>& record, const NetworkingState& state,
                       io::http::ApiVersion version) {
  if (!container.is_object()) return;
  auto& config = container["Config"];
  auto& host_config = container["HostConfig"];
  if (!config.is_object() || !host_config.is_object()) return;
  present_image_name(config, record);
  engine::hide_podman_defaults(container);
  present_volume_mounts(container["Mounts"], config["Labels"]);
  engine::hide_own_labels(config["Labels"]);
  // What we told the engine, and what Docker leaves out.
  if (config.value("StopTimeout", json()) == kStopTimeoutDefault_s) config.erase("StopTimeout");
  remove_own_mounts(host_config["Binds"], state.own_roots, "");
  if (host_config["Binds"].is_array() && host_config["Binds"].empty()) host_config["Binds"] = nullptr;
  remove_own_mounts(container["Mounts"], state.own_roots, "Source");
  if (container["ExecIDs"].is_array() && container["ExecIDs"].empty()) container["ExecIDs"] = nullptr;
  if (!record) return shape_container(container, version);

  hide_links(state.container.unlinked, host_config["Links"]);
  container["HostsPath"] = state.files_folder + "/hosts";
  container["ResolvConfPath"] = state.files_folder + "/resolv.conf";
  host_config["NetworkMode"] = record->network_mode;
  host_config["PortBindings"] = record->port_bindings;
  host_config["PublishAllPorts"] = record->publishes_all;
  host_config["Dns"] = record->dns;
  host_config["DnsOptions"] = record->dns_options;
  host_config["DnsSearch"] = record->dns_search;
  host_config["ExtraHosts"] = record->extra_hosts.empty() ? json() : json(record->extra_hosts);
  if (!record->exposed_ports.empty()) config["ExposedPorts"] = record->exposed_ports;

  auto& settings = container["NetworkSettings"];
  if (!settings.is_object()) settings = json::object();
  bool is_running = container["State"].is_object() && container["State"].value("Running", false);
  settings["Ports"] = is_running ? present_ports(*record, state) : json::object();
  settings["SandboxKey"] = is_running ? state.container.netns_path : "";
  settings["Networks"] = present_networks(*record, state, container.value("Id", ""), version);
  if (version < io::http::ApiVersion{1, 52}) present_asked_mac(config, *record);
  shape_container(container, version);
}

void present_container_entry(json& entry, const std::optional<NetworkingRecord>& record, const NetworkingState& state,
                             io::http::ApiVersion version) {
  if (!entry.is_object()) return;
  for (const char* name : {"Name", "Config", "NetworkingConfig", "Platform", "AdjustCPUShares"}) entry.erase(name);
  present_image_name(entry, record);
  if (entry.contains("State") && entry["State"].is_string()) present_state(entry);
  present_volume_mounts(entry["Mounts"], engine::at(entry, "Labels"));
  if (entry.contains("Labels")) engine::hide_own_labels(entry["Labels"]);
  if (!entry["Labels"].is_object()) entry["Labels"] = json::object();
  remove_own_mounts(entry["Mounts"], state.own_roots, "Source");
  if (!record) return;
  entry["HostConfig"] = {{"NetworkMode", record->network_mode}};
  entry["NetworkSettings"] = {{"Networks", present_networks(*record, state, entry.value("Id", ""), version)}};
  json ports = json::array();
  if (containers::is_alive(containers::phase_of_entry(entry))) {
    for (const auto& [spec, nothing] : record->exposed_ports.items()) {
      if (record->port_bindings.contains(spec) || record->publishes_all) continue;
      ports.push_back(
          {{"PrivatePort", std::atoi(spec.c_str())}, {"Type", spec.substr(std::min(spec.find('/') + 1, spec.size()))}});
    }
    for (const auto& port : ports_of(*record, state)) {
      std::string spec = spec_of(port);
      ports.push_back({{"IP", port.host_address.text()},
                       {"PrivatePort", port.container_port},
                       {"PublicPort", port.host_port},
                       {"Type", spec.substr(spec.find('/') + 1)}});
    }
  }
  entry["Ports"] = std::move(ports);
}

namespace {

void shorten_references(json& image) {
  for (const char* name : {"RepoTags", "RepoDigests"}) {
    if (!image.contains(name) || !image[name].is_array()) continue;
    for (auto& reference : image[name])
      if (reference.is_string()) reference = engine::familiar_image(reference.get<std::string>());
  }
  for (const char* name : {"Names", "Digest", "History"}) image.erase(name);
}

}  // namespace

void present_image_inspection(json& image, io::http::ApiVersion version) {
  if (!image.is_object()) return;
  shorten_references(image);
  if (version >= io::http::ApiVersion{1, 44}) image.erase("VirtualSize");
  // Of the container from which a classic build had made the image. Docker leaves it out since 1.45, and with that
  // broke docker-compose 1.29, which takes the newest version and looks for the volumes there.
  if (!image["ContainerConfig"].is_object()) image["ContainerConfig"] = image["Config"];
  if (!image["Container"].is_string()) image["Container"] = "";
  if (version >= io::http::ApiVersion{1, 45}) image.erase("Container");
  shape_image(image, version);
}

void present_history(json& layers) {
  if (!layers.is_array()) return;
  for (json& layer : layers) {
    const std::string id = engine::text_of(layer, "Id");
    if (id.size() == 64) layer["Id"] = "sha256:" + id;
    if (!layer["Tags"].is_array()) continue;
    for (json& tag : layer["Tags"])
      if (tag.is_string()) tag = engine::familiar_image(tag.get<std::string>());
  }
}

void present_image_entry(json& image, io::http::ApiVersion version) {
  if (!image.is_object()) return;
  shorten_references(image);
  image["Containers"] = image["SharedSize"] = -1;  // Docker counts neither here
  for (const char* name : {"RepoTags", "RepoDigests"})
    if (!image[name].is_array()) image[name] = json::array();
  // How an image without any name was shown then.
  if (version < io::http::ApiVersion{1, 43} && image["RepoTags"].empty()) {
    image["RepoTags"] = {"<none>:<none>"};
    if (image["RepoDigests"].empty()) image["RepoDigests"] = {"<none>@<none>"};
  }
  if (version >= io::http::ApiVersion{1, 44}) image.erase("VirtualSize");
}

}  // namespace skein::api
