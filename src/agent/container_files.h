// The folder with a container's hosts, resolv.conf and what else must survive a restart of the daemon.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/networking_record.h"

namespace skein::agent {

// Ports whose host port the user left open: "80/tcp" → host port.
using AssignedPorts = std::map<std::string, uint16_t>;

// Not part of the label, because it is known only after the container was created.
struct ContainerState {
  std::string id;
  std::string netns_path;
  AssignedPorts assigned;
};

Result<void> write_container_state(const std::string& folder, const ContainerState& state);
Result<ContainerState> read_container_state(const std::string& folder);

// The state, and the container's hosts (with its `own` addresses) and resolv.conf; `host_resolv_conf`: path of the
// host's.
Result<void> write_container_files(const std::string& folder, const ContainerState& state,
                                   const engine::NetworkingRecord& record, const std::vector<engine::HostEntry>& own,
                                   const std::string& host_resolv_conf);

// A TCP or UDP port ("80/tcp") of the host that nobody uses now; 0 if there is none.
uint16_t free_host_port(const std::string& port_spec);

}  // namespace skein::agent
