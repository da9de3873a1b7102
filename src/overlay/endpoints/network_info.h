// What this host knows of a network, and what an endpoint is to a service.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "model/objects.h"
#include "plan/intent.h"

namespace skein::overlay {

// What an endpoint needs to know of its network; a copy, since a worker knows networks only while it uses them.
struct NetworkInfo {
  std::string id;
  std::string name;
  Vni vni;
  Subnet subnet;
  Ipv4 gateway;
  bool is_internal = false;
  bool is_local = false;
  bool is_default_bridge = false;
  bool is_ingress = false;  // the routing mesh's
  std::optional<uint32_t> underlay_mtu_bytes;
  bool is_encrypted = false;
  bool has_names() const { return !is_default_bridge && !is_ingress; }
  bool operator==(const NetworkInfo&) const = default;
};

// The network as the manager tells it; without subnet and VNI if it is not allocated.
NetworkInfo network_info(const model::api::Network& network);

// A host's place in the routing mesh.
struct MeshPlace {
  NetworkInfo network;
  Ipv4 address;
};
// None where the node has no address on an ingress network, or none that is in its subnet.
std::optional<MeshPlace> mesh_place_of(const model::api::Node& node);

// A port on which every host answers for a service, and the one at which its tasks listen.
struct IngressPort {
  std::string name;
  uint8_t protocol = 0;  // IPPROTO_TCP, …
  uint16_t target = 0;
  uint16_t published = 0;
  model::PortAccess access = {};
  bool operator==(const IngressPort&) const = default;
};

// What a task's endpoint is to its service on one network.
struct ServiceMembership {
  std::string service_id;
  std::string service_name;
  std::optional<Ipv4> virtual_ip;    // none: DNS round robin
  std::vector<std::string> aliases;  // further names of the service on this network
  plan::Balance balance = plan::Balance::kRoundRobin;
  uint16_t weight = 1;
  std::vector<IngressPort> ingress_ports;  // in the service's order; on the ingress network only
  bool has_ipv6_off = false;               // settings of the container switch it off
  bool operator==(const ServiceMembership&) const = default;
};

// Where a task's endpoint is on its way. Packets to its own address always arrive.
enum class Serving : uint8_t {
  kJoining,   // started or not healthy yet: no names, no new flows
  kServing,   // its names resolve, its service balances over it
  kDraining,  // no names, no new flows; flows that exist go on
};

}  // namespace skein::overlay
