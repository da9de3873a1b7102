// The BPF data path of one host: programs on the containers' veths and on the underlay devices, and their tables.
//
// Everything lives in the kernel and is pinned in a bpffs directory: ending this process, or starting a newer one,
// touches no packet. open() adopts what an earlier process left, replaces its programs in place and keeps the tables;
// the caller then observes, and changes only what differs. The directory has one subdirectory per table layout
// (bpf/maps.h kLayout), so that an upgrade which changes the layout starts with empty tables beside the old ones.
//
// Order that loses no packet: set_hosts and set_endpoints before attach_endpoint; detach before the veth is deleted.
// An interface with the program but without a configuration drops everything (fail closed).
//
// Errors: kPermissionDenied without CAP_BPF/CAP_NET_ADMIN, kUnimplemented when the kernel lacks something (says what),
// kResourceExhausted when a table is full. All calls run on the loop's thread; none blocks for long (10,000 endpoints
// take about 10 ms). Interface indices are those of the network namespace in which open() was called.
// Wire format: RFC 7348, so that a kernel vxlan device and a Docker Engine are full peers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "kernel/datapath/orphans.h"
#include "plan/intent.h"
#include "plan/mesh.h"

namespace skein::kernel {

// What the program on the host end of a container's veth must know about the container.
struct EndpointConfig {
  Vni vni;
  Ipv4 address;
  Mac mac;
  Ipv4 gateway;               // ARP for it is answered with the host end's MAC; unspecified: no gateway
  uint8_t prefix_bits = 24;   // of the network's subnet
  bool is_internal = false;   // nothing leaves the network, not even to the gateway
  uint32_t mtu_bytes = 1450;  // of the container's interface; larger packets are refused with an ICMP answer
  int32_t netns_id = -1;      // of one that takes IPv6: how our namespace knows the container's; -1: it takes none
  auto operator<=>(const EndpointConfig&) const = default;
};

// What the kernel holds now, in the planner's terms. Read back from the tables, for the audit and for adoption.
struct DataPathState {
  uint16_t data_path_port = 0;
  Ipv4 data_path_address;
  std::map<uint32_t, EndpointConfig> attached;  // by interface index of the host end
  std::set<uint32_t> underlays;                 // interface indices
  plan::EspDevice esp_kind = plan::EspDevice::kNone;
  uint32_t esp_device = 0;  // interface index; 0: none
  // A local interface that no longer exists is shown by the name "#<index>".
  std::map<plan::EndpointKey, plan::EndpointEntry> endpoints;
  std::map<plan::EndpointKey, plan::ServiceEntry> services;  // one that was left half written looks like no valid one
  std::map<Ipv4, plan::HostPath> hosts;
  std::optional<plan::MeshHost> mesh;  // its mtu_bytes is the device's affair
  std::map<plan::MeshPort, plan::MeshTarget> ports;
  std::map<Vni, plan::FloodList> floods;
};

// What a program would do with a frame.
struct Verdict {
  enum class Action { kPass, kDrop, kRedirect };
  Action action = Action::kDrop;
  std::string reason;             // the name under which this exit is counted
  uint32_t target_interface = 0;  // kRedirect: host end of the receiver's veth, or the underlay device
  std::vector<uint8_t> frame;     // as it left the program
};

class DataPath {
 public:
  struct Options {
    std::string pin_directory = "/sys/fs/bpf/skein";
    bool uses_clsact = false;  // attach by a clsact qdisc even where the kernel has tcx links (6.6 and later)
  };

  // Loads the programs, or adopts those of an earlier process. Mounts a bpffs if the directory is not in one.
  static Result<DataPath> open(const Options& options);
  DataPath(DataPath&&) noexcept;
  DataPath& operator=(DataPath&&) noexcept;
  ~DataPath();  // closes; everything stays attached and in force

  // Our own tunnel endpoint. An unspecified address (outside a swarm) leaves all tunnel packets to the host's stack.
  Result<void> set_tunnel(Ipv4 address, uint16_t port);

  // Puts the container's program on the host end of its veth, or changes its configuration. The host end's MAC is read
  // here and must not change afterwards. Idempotent.
  Result<void> attach_endpoint(uint32_t host_interface, const EndpointConfig& config);

  // Takes tunnel packets from this device. Idempotent. Ethernet devices and those without link layer (tun, WireGuard).
  Result<void> attach_underlay(uint32_t interface);

  // Packets of encrypted networks leave for other hosts by this device, with their outer headers, to be encrypted, and
  // what was decrypted is taken from it alone; 0: they are dropped. Idempotent.
  Result<void> set_esp_device(plan::EspDevice kind, uint32_t interface);

  // Whatever arrives on this interface is dropped: it gets the containers' program without a configuration. Idempotent.
  Result<void> close(uint32_t interface);

  // Removes program and configuration; succeeds when there are none, or when the interface is gone.
  Result<void> detach(uint32_t interface);

  // Where packets for (network, address) go. A local entry names the host end of a veth; where that does not exist
  // (kNotFound names the first such) the entry is left out and the others are written. Deleting what is absent is no
  // error. Batched; on kResourceExhausted a part may have been applied. The same holds for the three below.
  Result<void> set_endpoints(const std::map<plan::EndpointKey, plan::EndpointEntry>& upserts,
                             const std::set<plan::EndpointKey>& deletes);

  // Where new flows to virtual addresses go; after set_endpoints, whose entries must name the virtual address as well.
  // Flows keep their backend as long as its endpoint belongs to the service, whatever its weight.
  Result<void> set_services(const std::map<plan::EndpointKey, plan::ServiceEntry>& upserts,
                            const std::set<plan::EndpointKey>& deletes);

  // Counts the connections of least-connections services anew. The program counts along in between, but is not told of
  // those that it forgets for want of room, nor of what was open before a service began to be balanced so: to be
  // called after set_services, and now and then. Cheap when there are no such services.
  Result<void> count_connections(const std::map<plan::EndpointKey, plan::ServiceEntry>& services);

  // How packets reach other hosts; VXLAN is taken from no others. A path with an all-zero source_mac leads over a
  // device without link layer.
  Result<void> set_hosts(const std::map<Ipv4, plan::HostPath>& upserts, const std::set<Ipv4>& deletes);

  // Receivers of broadcast and multicast; also the list of networks known here. At most kFloodTargets local and
  // kFloodTargets remote receivers per network (bpf/maps.h): what exceeds them gets no broadcasts (logged).
  Result<void> set_floods(const std::map<Vni, plan::FloodList>& upserts, const std::set<Vni>& deletes);

  // The host's part in the routing mesh; none: known flows are not led any more. `device` is the host's end of the pair
  // of devices by which it hands over what is for published ports, `inner` the other end, which gets the program.
  // kNotFound: no such device. Idempotent.
  Result<void> set_mesh(const plan::MeshHost& mesh, uint32_t device, uint32_t inner);
  Result<void> clear_mesh();
  // Devices, addresses or routes may have changed: the ways to clients outside are looked up anew.
  Result<void> forget_routes();

  // Where new flows to published ports go. Flows keep their backend as long as it belongs to the service.
  Result<void> set_ports(const std::map<plan::MeshPort, plan::MeshTarget>& upserts,
                         const std::set<plan::MeshPort>& deletes);

  // Clients of established connections through the mesh whose backend has left its service. Costs the room of the
  // table of flows.
  Result<std::vector<MeshClient>> orphans() const;

  Result<DataPathState> observe() const;
  // Tunnel and interfaces only: what does not grow with the swarm.
  Result<DataPathState> observe_without_tables() const;

  // Packets per exit since the first load: reason → count. Reasons that never happened are listed with 0.
  Result<std::map<std::string, uint64_t>> counters() const;

  // What would become of a frame: `interface` is a host end (a frame as the container sends it) or an underlay device
  // (a frame as it arrives there). Runs the real program on a copy of all that it would change, so that flows, counters
  // and turns stay as they are; of a broadcast no copy is sent. Costs the time of loading the programs.
  Result<Verdict> explain(uint32_t interface, std::span<const uint8_t> frame) const;
  // The same on the tables themselves, as if the frame had come, copies of broadcasts included.
  Result<Verdict> try_packet(uint32_t interface, std::span<const uint8_t> frame) const;

  bool uses_tcx() const;

  // Detaches all and forgets all tables: for uninstalling.
  Result<void> remove();

 private:
  struct State;
  explicit DataPath(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace skein::kernel
