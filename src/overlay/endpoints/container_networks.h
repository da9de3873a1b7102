// What the containers API asks of networking: a namespace before the container exists, its endpoints before its first
// instruction, and their removal after its end. Implemented by overlay/reconcile/network_manager.h; faked in the API's
// tests.
//
// All calls run on the loop's thread. Awaited calls may take as long as a round trip to the manager.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "overlay/endpoints/network_info.h"
#include "plan/intent.h"

namespace skein::overlay {

// An endpoint of a task: the manager has chosen everything.
struct GivenEndpoint {
  NetworkInfo network;
  Ipv4 address;
  std::optional<ServiceMembership> service;
  bool operator==(const GivenEndpoint&) const = default;
};

// One entry of NetworkingConfig.EndpointsConfig, or what `network connect` asks for.
struct EndpointRequest {
  std::string network;  // name or id, as the user wrote it
  std::optional<Ipv4> address;
  std::optional<Mac> mac;
  std::vector<std::string> aliases;  // --network-alias
  // Of tasks, whose endpoints begin as kJoining; `network` then holds the id. Otherwise the manager is asked, or a
  // local network found.
  std::optional<GivenEndpoint> given;
};

// All that is needed to connect one container. Kept with the container (as a label), so that it survives a restart of
// the daemon.
struct ContainerNetworkRequest {
  std::string container_id;    // 64 hex digits
  std::string container_name;  // without the leading slash
  std::string hostname;
  std::vector<EndpointRequest> endpoints;
  std::vector<plan::PublishedPort> ports;  // container_address is filled in by the implementation
  std::vector<std::string> dns_servers;    // --dns: upstream servers of the resolver at 127.0.0.11
  bool keeps_endpoints = false;            // restart policy other than "no": endpoints outlive an exit
};

// A connected endpoint, as GET /containers/{id}/json shows it under NetworkSettings.Networks.
struct EndpointStatus {
  std::string network_id;
  std::string network_name;
  std::string endpoint_id;
  Ipv4 address;
  uint8_t prefix_bits = 24;
  bool is_local = false;  // else of the swarm
  Ipv4 gateway;           // unspecified for overlay networks, as Docker shows it
  Mac mac;
  std::vector<std::string> aliases;
  std::vector<std::string> dns_names;  // what it is found by, in Docker's order; none on the default bridge
};

class ContainerNetworks {
 public:
  virtual ~ContainerNetworks() = default;

  // Makes (or finds) the network namespace that the container will be created in, with `lo` up; returns its path.
  // `key` is chosen by the caller before the container's id is known.
  virtual Result<std::string> prepare_namespace(const std::string& key) = 0;

  // Connects the container to the networks of the request. Called before every start; endpoints that exist stay.
  // Errors carry Docker's words ("Could not attach to network X: rpc error: …"); on error nothing stays attached.
  virtual boost::asio::awaitable<Result<void>> attach(ContainerNetworkRequest request, std::string netns_path) = 0;

  // `network connect` / `network disconnect` on a running container.
  virtual boost::asio::awaitable<Result<void>> connect(ContainerNetworkRequest container, std::string netns_path,
                                                       EndpointRequest endpoint) = 0;
  virtual boost::asio::awaitable<Result<void>> disconnect(std::string container_id, std::string network) = 0;

  // The container is called something else from now on: its names on its networks follow. The same name is no news.
  virtual void rename(const std::string& container_id, const std::string& name) = 0;

  // The container has stopped: its endpoints and names go, its namespace stays.
  virtual void detach(const std::string& container_id) = 0;

  // The container was removed: the namespace goes as well.
  virtual void forget(const std::string& container_id, const std::string& netns_path) = 0;

  // Attached and not detached since, perhaps without an endpoint left.
  virtual std::set<std::string> attached_containers() const = 0;
  virtual bool is_attached(const std::string& container_id) const = 0;
  // An address of this host that its containers reach: what Docker calls host-gateway.
  virtual Result<Ipv4> host_gateway() const = 0;

  // Endpoints of a container; empty when it is not connected now.
  virtual std::vector<EndpointStatus> status(const std::string& container_id) const = 0;
};

}  // namespace skein::overlay
