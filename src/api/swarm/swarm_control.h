// What the swarm, node and network routes ask of the node. Implemented by node/node.h.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "cluster/control.h"
#include "overlay/endpoints/local_networks.h"
#include "overlay/reconcile/network_manager.h"

namespace skein::api {

namespace swarm = docker::swarmkit::v1;

struct InitRequest {
  std::string listen_address;     // "0.0.0.0:2377" when empty
  std::string advertise_address;  // address or interface name, optional port; empty: chosen if there is one candidate
  std::string data_path_address;
  uint32_t data_path_port = 0;
  std::vector<std::string> default_address_pools;
  uint32_t subnet_size = 0;
  bool force_new_cluster = false;
  swarm::Availability availability = swarm::ACTIVE;
  std::optional<swarm::ClusterSpec> spec;
};

struct JoinRequest {
  std::string listen_address;
  std::string advertise_address;
  std::string data_path_address;
  std::vector<std::string> remote_addresses;
  std::string token;
  swarm::Availability availability = swarm::ACTIVE;
};

class SwarmControl {
 public:
  virtual ~SwarmControl() = default;
  // The new node's id.
  virtual boost::asio::awaitable<Result<std::string>> init(InitRequest request) = 0;
  virtual boost::asio::awaitable<Result<void>> join(JoinRequest request) = 0;
  virtual boost::asio::awaitable<Result<void>> leave(bool is_forced) = 0;

  // A manager after a restart, until it is given the unlock key.
  virtual bool is_locked() = 0;
  // Takes up the swarm with this key, as users write it. Errors in Docker's words.
  virtual boost::asio::awaitable<Result<void>> unlock(std::string key) = 0;
  // Somebody has been told the unlock key, these bytes: from here on the manager may be locked by it.
  virtual void unlock_key_shown(const std::string& key) = 0;

  // Why this node is not what it should be in its swarm, while that is tried again: a manager that cannot listen, or
  // whatever keeps the node from taking up the swarm at all.
  virtual std::optional<Error> trouble() = 0;

  // Null unless this node is a manager, or in a swarm at all.
  virtual cluster::Control* manager() = 0;
  virtual agent::Agent* agent() = 0;
  virtual overlay::LocalNetworks& local_networks() = 0;
  virtual overlay::NetworkManager& networks() = 0;
};

// What a locked manager answers to everything that needs the swarm.
Error swarm_is_locked();

// The manager, or Docker's words for why there is none on this node.
Result<cluster::Control*> require_manager(SwarmControl& control);

}  // namespace skein::api
