// What DataPath holds, shared by the files that implement it. Private to them.
#pragma once

#include <endian.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "kernel/bpf/hooks.h"
#include "kernel/bpf/maps.h"
#include "kernel/bpf/table.h"
#include "kernel/datapath/datapath.h"

struct datapath_bpf;  // the skeleton that bpftool makes of bpf/datapath.bpf.c

namespace skein::kernel {

// As the programs' tables have it (kernel/bpf/maps.h).
inline skein_endpoint_key encode(const plan::EndpointKey& key) { return {key.vni.value, htobe32(key.address.value)}; }

struct DataPath::State {
  struct CloseSkeleton {
    void operator()(datapath_bpf* skeleton) const;
  };

  std::string directory;  // of the pins of this layout
  std::unique_ptr<datapath_bpf, CloseSkeleton> skeleton;
  bpf::Hooks hooks;
  bpf::Table<uint32_t, skein_attachment> attachments;
  bpf::Table<skein_endpoint_key, skein_endpoint> endpoints;
  bpf::Table<skein_endpoint_key, skein_service> services;
  bpf::Table<skein_backend_key, skein_backend> backends;
  bpf::Table<skein_flow_key, skein_flow> flows;
  bpf::Table<skein_endpoint_key, uint32_t> loads;
  bool is_nothing_counted = false;  // known once `loads` was read and emptied: reading a table costs its capacity
  bpf::Table<uint32_t, skein_path> hosts;
  bpf::Table<uint32_t, skein_flood> floods;
  bpf::Table<skein_port_key, skein_port> ports;
  bpf::Table<skein_mesh_key, skein_mesh_flow> mesh_flows;
  bpf::Table<uint32_t, skein_mesh> mesh;
  bpf::Table<uint32_t, skein_settings> settings;

  // The program for an interface; endpoints by kind, underlay devices by whether they have a link layer.
  int program_for(uint32_t interface, const skein_attachment& attachment) const;
  int counters_fd() const;
  Result<void> attach_all_again();
  Result<std::map<plan::EndpointKey, plan::ServiceEntry>> observe_services() const;
  std::optional<plan::MeshHost> observe_mesh() const;
  Result<std::map<plan::MeshPort, plan::MeshTarget>> observe_ports() const;
  // There is no gap in what is left.
  Result<void> erase_backends_from(const skein_endpoint_key& service, uint32_t number);
};

// Link type and MAC. kNotFound: no such interface.
Result<sockaddr> hardware_address(uint32_t interface);

// "" when there is no such interface (any more).
std::string interface_name(uint32_t interface);

}  // namespace skein::kernel
