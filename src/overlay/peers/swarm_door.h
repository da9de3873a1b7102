// What the node's networking asks of the swarm: addresses from the manager, and gossip with the other hosts. Present
// only while this node is part of one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "gossip/gossip.h"
#include "overlay/endpoints/endpoint.h"

namespace skein::overlay {

struct Attachment {
  std::string id;  // of the manager's task
  NetworkInfo network;
  Ipv4 address;
};

class SwarmDoor {
 public:
  virtual ~SwarmDoor() = default;
  // Nothing can be heard of the other hosts until somebody unlocks this one: what was known of them holds.
  virtual bool is_locked() const { return false; }
  // An address for a container on an attachable network, by the network's name or id. Errors in Docker's words.
  virtual boost::asio::awaitable<Result<Attachment>> attach(EndpointRequest request, std::string container_id) = 0;
  // Never fails for the caller: repeated until the manager knows.
  virtual void detach(const std::string& attachment_id) = 0;

  // What the node says of itself to the managers has changed: who holds published ports.
  virtual void describe_anew() = 0;

  // Our own tunnel endpoint; kUnavailable until it is known.
  virtual Result<Ipv4> data_path_address() const = 0;
  virtual uint16_t data_path_port() const = 0;

  // Null until the keys have come.
  virtual gossip::Gossip* gossip() = 0;
  // Carries out what the machine wants to do; after every command.
  virtual void flush_gossip() = 0;
  virtual TimePoint now() const = 0;
};

// Tables of the gossip, and their keys: endpoint ids.
inline constexpr const char* kPeerTable = "overlay_peer_table";
inline constexpr const char* kEndpointTable = "endpoint_table";

}  // namespace skein::overlay
