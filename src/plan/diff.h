// The way from what the kernel holds to what it should hold: a minimal ordered list of operations. Pure.
//
// Nothing outside the kernel is remembered. A link carries its own description (link_record, kept as the interface's
// alias and written last), so that a restarted daemon knows what it finds: a link without its record was left half made
// and is made anew; a link with the right record is never touched inside the container, whatever the container has done
// to its own routes meanwhile.
//
// Order of the operations, so that no packet of a running container is lost and none leaks:
//   mesh device, firewall, forwarding, tunnel, underlays · hosts, entries and receivers that need no new link · deleted
//   links · new links (host end still down) · entries and receivers on links · services, published ports · programs,
//   routes and "up" of links.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "plan/intent.h"

namespace skein::plan {

// ---- what was found (read back by kernel/network_applier.h)

// What the program on a link's host end works with.
struct LinkProgram {
  Vni vni;
  Ipv4 address;
  Mac mac;
  Ipv4 gateway;
  uint8_t prefix_bits = 24;
  bool is_internal = false;
  uint32_t mtu_bytes = 1450;
  auto operator<=>(const LinkProgram&) const = default;
};

struct ObservedLink {
  // Whether the other end is in the namespace that the intent names. Unknown when that path cannot be opened: no
  // reason to touch a link that works.
  enum class Peer { kInPlace, kElsewhere, kUnknown };

  uint32_t interface_index = 0;
  std::string record;  // see link_record; empty when the link was left half made
  Peer peer = Peer::kUnknown;
  uint32_t mtu_bytes = 0;
  bool is_settled = false;  // up, with the per-interface settings that forwarding needs
  std::optional<LinkProgram> program;
  std::map<Ipv4, Mac> neighbours;  // permanent ones
  auto operator<=>(const ObservedLink&) const = default;
};

struct Observed {
  uint16_t data_path_port = 0;
  Ipv4 data_path_address;
  std::map<std::string, ObservedLink> links;  // ours only, by the name of the host end
  std::map<Ipv4, std::string> routes;         // host routes that we made: address → interface
  std::map<EndpointKey, EndpointEntry> endpoints;
  std::map<EndpointKey, ServiceEntry> services;
  std::map<Vni, FloodList> floods;
  std::map<Ipv4, HostPath> hosts;
  std::set<uint32_t> underlays;
  std::optional<MeshHost> mesh;  // none: the device is missing, or not as it should be
  std::map<MeshPort, MeshTarget> mesh_ports;
  std::optional<uint16_t> held_port;  // of the idle vxlan device; 0 when it is there but not as it should be
  std::string firewall;               // fingerprint of the rules in force; empty when they are missing or were altered
  bool is_forwarding = false;
  EspDevice esp_device = EspDevice::kNone;  // none: it is missing, or not as it should be
  bool operator==(const Observed&) const = default;
};

// ---- what to do

struct ReplaceFirewall {
  auto operator<=>(const ReplaceFirewall&) const = default;
};
struct EnableForwarding {
  auto operator<=>(const EnableForwarding&) const = default;
};
struct SetTunnel {
  Ipv4 address;
  uint16_t port = 0;
  auto operator<=>(const SetTunnel&) const = default;
};
struct AttachUnderlay {
  uint32_t interface_index = 0;
  auto operator<=>(const AttachUnderlay&) const = default;
};
struct DetachUnderlay {
  uint32_t interface_index = 0;
  auto operator<=>(const DetachUnderlay&) const = default;
};
// The idle vxlan device is made for this port, in the place of the one that is there; none: it is deleted.
struct HoldPort {
  std::optional<uint16_t> port;
  auto operator<=>(const HoldPort&) const = default;
};
// The device by which packets go to be encrypted is made in the place of the one that is there; kNone: it is deleted.
struct SetEspDevice {
  EspDevice device = EspDevice::kNone;
  uint16_t port = 0;  // of a vxlan device
  auto operator<=>(const SetEspDevice&) const = default;
};
// The device of the routing mesh is made as wanted, or deleted.
struct SetMesh {
  std::optional<MeshHost> mesh;
  auto operator<=>(const SetMesh&) const = default;
};
// After the services that they lead to.
struct SetMeshPorts {
  std::map<MeshPort, MeshTarget> upserts;
  std::set<MeshPort> deletes;
  auto operator<=>(const SetMeshPorts&) const = default;
};
struct SetHosts {
  std::map<Ipv4, HostPath> upserts;
  std::set<Ipv4> deletes;
  auto operator<=>(const SetHosts&) const = default;
};
struct SetEndpoints {
  std::map<EndpointKey, EndpointEntry> upserts;
  std::set<EndpointKey> deletes;
  auto operator<=>(const SetEndpoints&) const = default;
};
// After the endpoints: the data path gives new flows only to endpoints that are said to belong to the service.
struct SetServices {
  std::map<EndpointKey, ServiceEntry> upserts;
  std::set<EndpointKey> deletes;
  auto operator<=>(const SetServices&) const = default;
};
struct SetFloods {
  std::map<Vni, FloodList> upserts;
  std::set<Vni> deletes;
  auto operator<=>(const SetFloods&) const = default;
};
struct DeleteLink {
  std::string host_interface;
  uint32_t interface_index = 0;
  auto operator<=>(const DeleteLink&) const = default;
};
// Both ends, the container's one configured and up; the host end is down until the link is settled.
struct CreateLink {
  LinkIntent link;
  auto operator<=>(const CreateLink&) const = default;
};
// Both ends take the MTU of the intent.
struct SetMtu {
  LinkIntent link;
  auto operator<=>(const SetMtu&) const = default;
};
// The container's default route comes or goes, as the intent says; then the record.
struct SetDefaultRoute {
  LinkIntent link;
  auto operator<=>(const SetDefaultRoute&) const = default;
};
// Program, settings, neighbour, route, up, record: all of the host end, whatever of it is there already.
struct SettleLink {
  LinkIntent link;
  auto operator<=>(const SettleLink&) const = default;
};
struct DeleteRoute {
  Ipv4 address;
  std::string host_interface;
  auto operator<=>(const DeleteRoute&) const = default;
};

using Operation = std::variant<ReplaceFirewall, EnableForwarding, SetTunnel, AttachUnderlay, DetachUnderlay, HoldPort,
                               SetEspDevice, SetMesh, SetMeshPorts, SetHosts, SetEndpoints, SetServices, SetFloods,
                               DeleteLink, CreateLink, SetMtu, SetDefaultRoute, SettleLink, DeleteRoute>;

struct Changes {
  std::vector<Operation> operations;
  bool empty() const { return operations.empty(); }
};

Changes diff(const Intent& wanted, const Observed& seen);

// Where the kernel is known to hold another intent, and only the data path's tables are to change (and with published
// ports the rules that name them), nothing has to be
// read back.
bool differ_in_tables_only(const Intent& a, const Intent& b);
Changes diff_of_tables(const Intent& wanted, const Intent& held);

// Where links come and go besides, and no other link changes, it is enough to look up those: `coming` are not there,
// `leaving` are, by interface index.
struct LinkMoves {
  std::set<std::string> coming, leaving;  // host ends
};
std::optional<LinkMoves> link_moves(const Intent& wanted, const Intent& held);  // none: links change that stay
Changes diff_of_moves(const Intent& wanted, const Intent& held, const std::set<std::string>& coming,
                      const std::map<std::string, uint32_t>& leaving);

// ---- what both sides must agree on

// Everything of a link that is fixed at its making, as one line: "skein1 <endpoint id> vni=… eth0 10.0.1.5/24 …".
// Fits an interface alias (255 octets). A changed record means a new link, except for its last word.
std::string link_record(const LinkIntent& link);

LinkProgram link_program(const LinkIntent& link);

// Version of the rules' text (kernel/net/firewall/firewall_rules.cc): raised with every change to it, so that a newer
// daemon replaces what an older one left.
inline constexpr uint32_t kFirewallFormat = 9;

// Changes whenever the rule set for the intent does.
std::string firewall_fingerprint(const Intent& wanted);

// One line for logs and error messages: "create link sk4f1c… for 10.0.1.5".
std::string text(const Operation& operation);

}  // namespace skein::plan
