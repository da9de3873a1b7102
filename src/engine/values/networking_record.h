// What the user asked of networking when the container was created, and what they called its image, kept with the
// container as one label, because the engine is only told a namespace and shows its own full name of the image. It
// survives restarts of the daemon and is hidden from every answer. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/values/own_labels.h"

namespace skein::engine {

// A network that a container is to be on, with what was asked of its endpoint there.
struct WantedNetwork {
  std::string name;                                    // "bridge" for the default one
  std::string id;                                      // empty until the container was on it
  nlohmann::json settings = nlohmann::json::object();  // EndpointSettings
  bool operator==(const WantedNetwork&) const = default;
};

// Null if it is not among them.
const WantedNetwork* find_network(const std::vector<WantedNetwork>& networks, const std::string& name_or_id);
// Some of them has names, which only the default bridge has not: they are served at 127.0.0.11.
bool have_names(const std::vector<WantedNetwork>& networks);

// What the user asked for when the container was created. What `network connect` and `disconnect` make of its networks
// later is kept beside it (overlay/host/container_files.h).
struct NetworkingRecord {
  std::string key;                                      // of the namespace and of the folder with hosts and resolv.conf
  std::string network_mode;                             // as the user wrote it; "default" when he wrote nothing
  nlohmann::json endpoints = nlohmann::json::object();  // NetworkingConfig.EndpointsConfig
  nlohmann::json port_bindings = nlohmann::json::object();  // HostConfig.PortBindings
  nlohmann::json exposed_ports = nlohmann::json::object();  // ExposedPorts
  bool publishes_all = false;
  std::vector<std::string> dns, dns_options, dns_search, extra_hosts;
  std::vector<std::string> links;  // "db:database"
  std::string hostname;            // empty: the short id
  std::string domainname;
  std::string image;  // as the user wrote it; the engine tells its full name

  std::string label() const;
  static std::optional<NetworkingRecord> from_label(const std::string& text);
  // From "Labels" of a list entry or "Config.Labels" of an inspection.
  static std::optional<NetworkingRecord> from_labels(const nlohmann::json& labels);

  // That of network_mode first.
  std::vector<WantedNetwork> networks() const;
};

// "host", "none", "container:…" and "ns:…" are the engine's own business.
bool is_managed_mode(const std::string& network_mode);

// Splits a body of POST /containers/create: what we keep …
NetworkingRecord take_networking(const nlohmann::json& body, const std::string& key);

// … and what the engine gets: the namespace instead of the networks, our hosts and resolv.conf from `files_folder`
// bound over the engine's, and the label.
nlohmann::json engine_spec(nlohmann::json body, const NetworkingRecord& record, const std::string& netns_path,
                           const std::string& files_folder);

// That last part alone: for containers in the network namespace of another one, whose files they share.
void bind_files(nlohmann::json& host_config, const std::string& files_folder);

struct HostEntry {
  std::string address;
  std::string names;  // blank-separated
};
// `host_gateway`: for entries that ask for the host itself by this word of Docker's.
std::string format_hosts(const NetworkingRecord& record, const std::vector<HostEntry>& own,
                         const std::string& host_gateway);
bool asks_for_host_gateway(const NetworkingRecord& record);

// For a container on these networks. `host_resolv_conf`: the host's file. The embedded resolver asks its upstreams
// itself, so only search and options are taken over; without names on any network the host's name servers too, except
// those on loopback addresses.
std::string format_resolv_conf(const NetworkingRecord& record, const std::vector<WantedNetwork>& networks,
                               const std::string& host_resolv_conf);

// Those that a resolv.conf names, in order.
std::vector<std::string> name_servers(const std::string& resolv_conf);

}  // namespace skein::engine
