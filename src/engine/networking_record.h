// What the user asked of networking when the container was created, and what they called its image, kept with the
// container as one label, because the engine is only told a namespace and shows its own full name of the image. It
// survives restarts of the daemon and is hidden from every answer. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace skein::engine {

inline constexpr const char* kNetworkingLabel = "io.skein.networking";

struct NetworkingRecord {
  std::string key;                                      // of the namespace and of the folder with hosts and resolv.conf
  std::string network_mode;                             // as the user wrote it; "default" when he wrote nothing
  nlohmann::json endpoints = nlohmann::json::object();  // NetworkingConfig.EndpointsConfig
  nlohmann::json port_bindings = nlohmann::json::object();  // HostConfig.PortBindings
  nlohmann::json exposed_ports = nlohmann::json::object();  // ExposedPorts
  bool publishes_all = false;
  std::vector<std::string> dns, dns_options, dns_search, extra_hosts;
  std::string hostname;  // empty: the short id
  std::string domainname;
  std::string image;  // as the user wrote it; the engine tells its full name

  std::string label() const;
  static std::optional<NetworkingRecord> from_label(const std::string& text);
  // From "Labels" of a list entry or "Config.Labels" of an inspection.
  static std::optional<NetworkingRecord> from_labels(const nlohmann::json& labels);

  // Names of the networks, that of network_mode first; "bridge" for the default one.
  std::vector<std::string> networks() const;
  // The default bridge alone: no name service, the host's resolvers.
  bool is_default_bridge_only() const;
};

// "host", "none", "container:…" and "ns:…" are the engine's own business.
bool is_managed_mode(const std::string& network_mode);

// Splits a body of POST /containers/create: what we keep …
NetworkingRecord take_networking(const nlohmann::json& body, const std::string& key);

// … and what the engine gets: the namespace instead of the networks, our hosts and resolv.conf from `files_folder`
// bound over the engine's, and the label.
nlohmann::json engine_spec(nlohmann::json body, const NetworkingRecord& record, const std::string& netns_path,
                           const std::string& files_folder);

struct HostEntry {
  std::string address;
  std::string names;  // blank-separated
};
std::string format_hosts(const NetworkingRecord& record, const std::vector<HostEntry>& own);

// `host_resolv_conf`: the host's file. The embedded resolver asks its upstreams itself, so only search and options are
// taken over; for the default bridge its name servers too, except those on loopback addresses.
std::string format_resolv_conf(const NetworkingRecord& record, const std::string& host_resolv_conf);

}  // namespace skein::engine
