// The endpoints of this host: one per container and network. Kept on disk, so that a daemon that was killed finds its
// containers' networks again without asking anybody.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "overlay/endpoints/container_networks.h"
#include "overlay/endpoints/network_info.h"

namespace skein::overlay {

struct Endpoint {
  std::string id;  // 64 hex digits, never used again
  std::string container_id;
  std::string container_name;
  std::string hostname;
  std::string netns_path;
  std::string interface_name;
  NetworkInfo network;
  Ipv4 address;
  Mac mac;
  std::vector<std::string> aliases;
  std::string attachment_id;  // of the manager; empty for local networks and for tasks
  std::optional<ServiceMembership> service;
  Serving serving = Serving::kServing;  // of tasks
  bool has_default_route = false;
  bool operator==(const Endpoint&) const = default;
};

// What belongs to a connected container beside its endpoints.
struct ConnectedContainer {
  std::string netns_path;
  std::vector<plan::PublishedPort> ports;
  std::vector<std::string> dns_servers;
  bool keeps_endpoints = false;
  bool operator==(const ConnectedContainer&) const = default;
};

struct EndpointBook {
  std::map<std::string, Endpoint> endpoints;             // by endpoint id
  std::map<std::string, ConnectedContainer> containers;  // by container id
  // The host's own on the ingress network, of no container and without a link: by it the host takes clients in.
  std::optional<Endpoint> mesh;
  bool operator==(const EndpointBook&) const = default;
};

// The container id in whose place the host itself stands.
inline constexpr const char* kHostItself = "";

// For the disk: a line of JSON for each container, with what is known of it and its endpoints; a later one replaces it,
// and one without either says that it is gone. Unreadable text is kDataLoss, but for a last line without an end, which
// was being written when the daemon died.
std::string format_container(const EndpointBook& book, const std::string& container_id);
std::string format_book(const EndpointBook& book);
Result<EndpointBook> parse_book(const std::string& text);

}  // namespace skein::overlay
