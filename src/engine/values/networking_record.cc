#include "engine/values/networking_record.h"

#include <algorithm>
#include <sstream>

#include "base/text/json_text.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

const std::string kDefaultNetwork = "bridge";

bool is_default_name(const std::string& name) { return name.empty() || name == "default" || name == kDefaultNetwork; }

const std::string kHostGateway = "host-gateway";

// "db:10.0.0.1" or "db=10.0.0.1": name and address; both empty for anything else.
std::pair<std::string, std::string> parse_extra_host(const std::string& text) {
  const size_t colon = text.find_first_of(":=");
  if (colon == std::string::npos || text.find('\n') != std::string::npos) return {};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

struct ResolvConf {
  std::vector<std::string> servers, search, options;
};

ResolvConf parse_resolv_conf(const std::string& text) {
  ResolvConf conf;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find_first_of("#;")));
    std::string keyword, word;
    words >> keyword;
    std::vector<std::string> values;
    while (words >> word) values.push_back(word);
    if (keyword == "nameserver" && !values.empty()) conf.servers.push_back(values[0]);
    if (keyword == "search" || keyword == "domain") conf.search = values;
    if (keyword == "options") conf.options.insert(conf.options.end(), values.begin(), values.end());
  }
  return conf;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += " " + word;
  return text;
}

}  // namespace

bool is_managed_mode(const std::string& mode) {
  return mode != "host" && mode != "none" && !mode.starts_with("container:") && !mode.starts_with("ns:");
}

std::string NetworkingRecord::label() const {
  return json_text(json{{"key", key},
                        {"mode", network_mode},
                        {"endpoints", endpoints},
                        {"ports", port_bindings},
                        {"exposed", exposed_ports},
                        {"publish_all", publishes_all},
                        {"dns", dns},
                        {"dns_options", dns_options},
                        {"dns_search", dns_search},
                        {"extra_hosts", extra_hosts},
                        {"links", links},
                        {"hostname", hostname},
                        {"domainname", domainname},
                        {"image", image}});
}

std::optional<NetworkingRecord> NetworkingRecord::from_label(const std::string& text) {
  auto value = json::parse(text, nullptr, false);
  if (!value.is_object()) return std::nullopt;
  NetworkingRecord record;
  record.key = text_of(value, "key");
  // The key becomes part of a path.
  if (record.key.empty() || record.key.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  record.network_mode = text_of(value, "mode");
  record.endpoints = object_of(value, "endpoints");
  record.port_bindings = object_of(value, "ports");
  record.exposed_ports = object_of(value, "exposed");
  record.publishes_all = value.contains("publish_all") && value["publish_all"] == true;
  record.dns = texts_of(value, "dns");
  record.dns_options = texts_of(value, "dns_options");
  record.dns_search = texts_of(value, "dns_search");
  record.extra_hosts = texts_of(value, "extra_hosts");
  record.links = texts_of(value, "links");
  record.hostname = text_of(value, "hostname");
  record.domainname = text_of(value, "domainname");
  record.image = text_of(value, "image");
  return record;
}

std::optional<NetworkingRecord> NetworkingRecord::from_labels(const json& labels) {
  std::string text = text_of(labels, kNetworkingLabel);
  return text.empty() ? std::nullopt : from_label(text);
}

const WantedNetwork* find_network(const std::vector<WantedNetwork>& networks, const std::string& name_or_id) {
  auto found = std::find_if(networks.begin(), networks.end(), [&](const WantedNetwork& network) {
    return network.name == name_or_id || (!network.id.empty() && network.id == name_or_id);
  });
  return found == networks.end() ? nullptr : &*found;
}

bool have_names(const std::vector<WantedNetwork>& networks) {
  return std::any_of(networks.begin(), networks.end(),
                     [](const WantedNetwork& network) { return network.name != kDefaultNetwork; });
}

std::vector<WantedNetwork> NetworkingRecord::networks() const {
  auto real_name = [](const std::string& name) { return is_default_name(name) ? kDefaultNetwork : name; };
  std::vector<WantedNetwork> out{{.name = real_name(network_mode)}};
  for (const auto& [name, settings] : endpoints.items()) {
    const std::string real = real_name(name);
    auto known =
        std::find_if(out.begin(), out.end(), [&](const WantedNetwork& network) { return network.name == real; });
    if (known == out.end()) known = out.insert(out.end(), WantedNetwork{.name = real});
    if (settings.is_object()) known->settings = settings;
  }
  return out;
}

namespace {

// Up to version 1.43 clients send one MAC address for the container; it is that of its first network.
void take_mac(NetworkingRecord& record, const std::string& mac) {
  auto& settings = record.endpoints[record.network_mode];
  if (!settings.is_object()) settings = json::object();
  if (text_of(settings, "MacAddress").empty()) settings["MacAddress"] = mac;
}

}  // namespace

NetworkingRecord take_networking(const json& body, const std::string& key) {
  const json host_config = object_of(body, "HostConfig");
  NetworkingRecord record;
  record.key = key;
  record.network_mode = text_of(host_config, "NetworkMode");
  if (record.network_mode.empty()) record.network_mode = "default";
  record.endpoints = object_of(object_of(body, "NetworkingConfig"), "EndpointsConfig");
  if (const std::string mac = text_of(body, "MacAddress"); !mac.empty()) take_mac(record, mac);
  record.port_bindings = object_of(host_config, "PortBindings");
  record.exposed_ports = object_of(body, "ExposedPorts");
  record.publishes_all = host_config.contains("PublishAllPorts") && host_config["PublishAllPorts"] == true;
  record.dns = texts_of(host_config, "Dns");
  record.dns_options = texts_of(host_config, "DnsOptions");
  record.dns_search = texts_of(host_config, "DnsSearch");
  record.extra_hosts = texts_of(host_config, "ExtraHosts");
  record.links = texts_of(host_config, "Links");
  record.hostname = text_of(body, "Hostname");
  record.domainname = text_of(body, "Domainname");
  record.image = text_of(body, "Image");
  return record;
}

void bind_files(json& host_config, const std::string& files_folder) {
  auto& binds = host_config["Binds"];
  if (!binds.is_array()) binds = json::array();
  // Something that the user mounts there himself wins.
  for (const char* name : {"hosts", "resolv.conf"}) {
    std::string target = std::string("/etc/") + name;
    bool is_taken = false;
    for (const auto& bind : binds)
      is_taken |= bind.is_string() && (bind.get<std::string>() + ":").find(":" + target + ":") != std::string::npos;
    for (const auto& mount : at(host_config, "Mounts")) is_taken |= text_of(mount, "Target") == target;
    if (is_taken) continue;
    std::string bind = files_folder;
    bind.append("/").append(name).append(":").append(target);
    binds.push_back(std::move(bind));
  }
}

json engine_spec(json body, const NetworkingRecord& record, const std::string& netns_path,
                 const std::string& files_folder) {
  body.erase("NetworkingConfig");
  body.erase("ExposedPorts");
  body.erase("MacAddress");
  auto& labels = body["Labels"];
  if (!labels.is_object()) labels = json::object();
  labels[kNetworkingLabel] = record.label();
  auto& host_config = body["HostConfig"];
  if (!host_config.is_object()) host_config = json::object();
  for (const char* name : {"PortBindings", "Dns", "DnsOptions", "DnsSearch", "ExtraHosts"}) host_config.erase(name);
  host_config["PublishAllPorts"] = false;
  host_config["NetworkMode"] = "ns:" + netns_path;
  bind_files(host_config, files_folder);
  return body;
}

bool asks_for_host_gateway(const NetworkingRecord& record) {
  return std::any_of(record.extra_hosts.begin(), record.extra_hosts.end(),
                     [](const std::string& extra) { return parse_extra_host(extra).second == kHostGateway; });
}

std::string format_hosts(const NetworkingRecord& record, const std::vector<HostEntry>& own,
                         const std::string& host_gateway) {
  std::string text =
      "127.0.0.1\tlocalhost\n"
      "::1\tlocalhost ip6-localhost ip6-loopback\n"
      "fe00::0\tip6-localnet\n"
      "ff00::0\tip6-mcastprefix\n"
      "ff02::1\tip6-allnodes\n"
      "ff02::2\tip6-allrouters\n";
  for (const auto& extra : record.extra_hosts) {
    const auto [name, address] = parse_extra_host(extra);
    if (address.empty()) continue;
    text += (address == kHostGateway ? host_gateway : address) + "\t" + name + "\n";
  }
  for (const auto& entry : own) text += entry.address + "\t" + entry.names + "\n";
  return text;
}

std::string format_resolv_conf(const NetworkingRecord& record, const std::vector<WantedNetwork>& networks,
                               const std::string& host_resolv_conf) {
  ResolvConf conf = parse_resolv_conf(host_resolv_conf);
  const bool is_embedded = have_names(networks);
  if (is_embedded) {
    conf.servers = {"127.0.0.11"};
  } else if (!record.dns.empty()) {
    conf.servers = record.dns;
  } else {
    std::erase_if(conf.servers,
                  [](const std::string& server) { return server.starts_with("127.") || server == "::1"; });
  }
  if (!record.dns_search.empty()) conf.search = record.dns_search;
  if (conf.search.size() == 1 && conf.search[0] == ".") conf.search.clear();
  if (!record.dns_options.empty()) conf.options = record.dns_options;
  bool has_ndots = std::any_of(conf.options.begin(), conf.options.end(),
                               [](const std::string& o) { return o.starts_with("ndots:"); });
  if (is_embedded && !has_ndots) conf.options.push_back("ndots:0");
  std::string text;
  for (const auto& server : conf.servers) text += "nameserver " + server + "\n";
  if (!conf.search.empty()) text += "search" + joined(conf.search) + "\n";
  if (!conf.options.empty()) text += "options" + joined(conf.options) + "\n";
  return text;
}

std::vector<std::string> name_servers(const std::string& resolv_conf) { return parse_resolv_conf(resolv_conf).servers; }

}  // namespace skein::engine
