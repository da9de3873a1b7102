// What the kernel of one host should contain: the meeting point of the pure planner and the thin appliers.
//
// compile() (plan/compile.h) derives an Intent from a NetworkView; diff() compares it with what was observed; the
// appliers in src/kernel/ carry out the difference. Applying twice changes nothing. Pure data, owned by the loop's
// thread; ordered containers, so that equal intents compare equal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/address.h"
#include "model/port_access.h"
#include "plan/mesh.h"

namespace skein::plan {

// ---- what the host knows (input)

// A container's interface on one network, on this host.
struct LocalEndpoint {
  std::string id;              // endpoint id, 64 hex digits
  std::string netns_path;      // e.g. /run/skein/netns/4f1c…; made before the container starts
  std::string interface_name;  // inside the container: eth0, eth1 …
  Ipv4 address;
  Mac mac;
  bool has_default_route = false;  // the container's default route leaves through this network's gateway
  bool has_ipv6_off = false;       // the container switches it off when it starts
  auto operator<=>(const LocalEndpoint&) const = default;
};

// An endpoint of another host, as its gossip record tells.
struct RemoteEndpoint {
  Ipv4 address;
  Mac mac;
  Ipv4 host;  // tunnel endpoint (VTEP) of the host that owns it
  bool is_docker_engines = false;
  bool takes_ipv6 = false;  // the host takes packets of the routing mesh's clients by IPv6 for it
  auto operator<=>(const RemoteEndpoint&) const = default;
};

// How a service's virtual address chooses among its backends (service label skein.balance).
enum class Balance : uint8_t {
  kRoundRobin,        // new flows one after another, by weight
  kLeastConnections,  // the backend with the fewest open flows of this host
  kSourceHash,        // one client address, one backend
  kLocalFirst,        // round robin over the backends of this host, over all when there are none
};

struct ServiceBackend {
  Ipv4 address;  // an endpoint of the same network, local or remote
  uint16_t weight = 1;
  bool is_draining = false;  // keeps its flows, gets no new ones
  bool is_silent = false;    // nothing is seen of its host
  auto operator<=>(const ServiceBackend&) const = default;
};

// A port under which clients outside reach a service on every host.
struct ServicePort {
  uint8_t protocol = 6;  // IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP
  uint16_t published = 0;
  uint16_t target = 0;  // of the backends
  model::PortAccess access = {};
  auto operator<=>(const ServicePort&) const = default;
};

// A virtual address of a service on one network. Every port and protocol of it leads to the same port of a backend.
struct VirtualService {
  Ipv4 address;
  Balance balance = Balance::kRoundRobin;
  std::vector<ServiceBackend> backends;  // in ascending order of address
  std::vector<ServicePort> ports;        // published ones
  auto operator<=>(const VirtualService&) const = default;
};

struct NetworkState {
  std::string id;
  std::string name;
  Vni vni;  // local networks (no tunnel) use numbers above Vni::kMax, chosen by the node
  Subnet subnet;
  Ipv4 gateway;
  bool is_internal = false;                    // no way out
  bool is_local = false;                       // a network of this host only: never tunnelled
  bool is_ingress = false;                     // clients outside are taken in for it, also without endpoints here
  bool is_encrypted = false;                   // between hosts its packets pass encrypted, or not at all
  std::optional<uint32_t> underlay_mtu_bytes;  // com.docker.network.driver.mtu; otherwise that of the route
  std::vector<LocalEndpoint> local;
  std::vector<RemoteEndpoint> remote;
  std::vector<VirtualService> services;
  std::set<Ipv4> hosts;  // that have endpoints on it; besides those that `remote` names, which may be a part of them
  auto operator<=>(const NetworkState&) const = default;
};

// A port of this host that leads to a port of a container: `docker run -p`.
struct PublishedPort {
  uint8_t protocol = 6;    // IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP
  IpAddress host_address;  // unspecified: every address of the host of that family
  uint16_t host_port = 0;
  Ipv4 container_address;
  uint16_t container_port = 0;
  auto operator<=>(const PublishedPort&) const = default;
};

// How packets reach another host of the swarm; kept current from the kernel's routes and neighbours.
struct HostPath {
  uint32_t interface_index = 0;
  Ipv4 source;  // our address towards it
  Mac source_mac;
  std::optional<Mac> next_hop_mac;  // none while the neighbour is unresolved: the program asks the kernel per packet
  uint32_t mtu_bytes = 1500;
  auto operator<=>(const HostPath&) const = default;
};

struct NetworkView {
  uint16_t data_path_port = 4789;
  Ipv4 data_path_address;          // our own tunnel endpoint; unspecified outside a swarm
  std::map<Ipv4, HostPath> hosts;  // every other host of the swarm, by its tunnel endpoint
  std::set<uint32_t> underlays;    // devices where tunnel packets may arrive, besides those that the paths name
  std::vector<NetworkState> networks;
  std::vector<PublishedPort> ports;
  std::optional<MeshHost> mesh;  // its mtu_bytes is compiled
  bool encrypts_in_kernel = false;
  bool operator==(const NetworkView&) const = default;
};

// ---- what the kernel should hold (output)

// The device by which packets of encrypted networks go to who encrypts them: a process, which takes them from a TAP
// device with their outer headers, or the kernel's XFRM behind a vxlan device. Where that device is, it holds the port.
inline constexpr uint32_t kEspMark = 0xd0c4e3;  // of packets on their way to XFRM, as Docker marks them
enum class EspDevice : uint8_t { kNone, kTap, kVxlan };

// One veth pair: the host end (named from the endpoint id) carries the endpoint program, the other end is moved into
// the container's namespace and configured there.
struct LinkIntent {
  std::string host_interface;  // "sk" + first 12 digits of the endpoint id; at most 15 characters
  LocalEndpoint endpoint;
  Vni vni;
  uint8_t prefix_bits = 24;
  Ipv4 gateway;
  bool is_internal = false;
  uint32_t mtu_bytes = 1450;
  bool is_routed = true;    // the host itself has a route to the container; never on internal networks
  bool takes_ipv6 = false;  // clients of the routing mesh reach it by IPv6 as well
  auto operator<=>(const LinkIntent&) const = default;
};

struct EndpointKey {
  Vni vni;
  Ipv4 address;
  auto operator<=>(const EndpointKey&) const = default;
};

// Where a packet for an address of a network goes.
struct EndpointEntry {
  enum class Where : uint8_t { kLocal, kRemote };
  Where where = Where::kLocal;
  Mac mac;
  std::string host_interface;  // kLocal: the veth to redirect into
  Ipv4 host;                   // kRemote: tunnel endpoint
  Ipv4 service;                // virtual address that the endpoint is a backend of; unspecified: none
  // kRemote: its host is a Docker Engine, whose part in the routing mesh is another one than that of our hosts.
  bool is_docker_engines = false;
  bool takes_ipv6 = false;        // gets packets of the routing mesh's clients by IPv6
  bool yields_datagrams = false;  // a backend of a silent host, while others of its service get new flows
  bool is_encrypted = false;      // its network
  auto operator<=>(const EndpointEntry&) const = default;
};

struct BackendEntry {
  Ipv4 address;
  uint32_t weight = 1;  // share of the new flows; 0: keeps its flows, gets no new ones
  auto operator<=>(const BackendEntry&) const = default;
};

// Where new flows to a virtual address go.
struct ServiceEntry {
  Balance balance = Balance::kRoundRobin;  // never kLocalFirst: that is round robin with weights of 0
  std::vector<BackendEntry> backends;      // in ascending order of address
  auto operator<=>(const ServiceEntry&) const = default;
};

// Receivers of a network's broadcast and multicast packets, the sender excepted.
struct FloodList {
  std::set<std::string> local_interfaces;
  std::set<Ipv4> hosts;
  bool is_encrypted = false;
  auto operator<=>(const FloodList&) const = default;
};

struct Intent {
  uint16_t data_path_port = 4789;
  Ipv4 data_path_address;
  std::map<std::string, LinkIntent> links;  // by host_interface
  std::map<EndpointKey, EndpointEntry> endpoints;
  std::map<EndpointKey, ServiceEntry> services;  // by virtual address
  std::map<Vni, FloodList> floods;
  std::map<Ipv4, HostPath> hosts;
  std::set<uint32_t> underlays;       // interface indices; none outside a swarm
  std::optional<uint16_t> held_port;  // for which the idle vxlan device stands; none outside a swarm
  EspDevice esp_device = EspDevice::kNone;
  std::map<Subnet, Ipv4> masqueraded;  // subnets whose containers may leave the host by NAT, with their gateways
  // By IPv4, and only those that lead to a container of a network with a way out. By IPv6 they are among mesh_ports.
  std::set<PublishedPort> ports;
  std::optional<MeshHost> mesh;
  std::map<MeshPort, MeshTarget> mesh_ports;
  std::map<MeshPort, model::PortAccess> mesh_access;  // of those that are not open to everybody
  bool operator==(const Intent&) const = default;
};

}  // namespace skein::plan
