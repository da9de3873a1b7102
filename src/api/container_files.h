// The folder with a container's hosts, resolv.conf and what else must survive a restart of the daemon.
#pragma once

#include <string>

#include "api/network_request.h"
#include "base/result.h"

namespace skein::api {

// Not part of the label, because it is known only after the container was created.
struct ContainerState {
  std::string id;
  std::string netns_path;
  AssignedPorts assigned;
};

Result<void> write_container_state(const std::string& folder, const ContainerState& state);
Result<ContainerState> read_container_state(const std::string& folder);

// Writes in place: the file is bound into a container, so it must stay the same inode.
Result<void> write_in_place(const std::string& path, const std::string& content);
std::string read_text_file(const std::string& path);  // empty if there is none

// A TCP or UDP port ("80/tcp") of the host that nobody uses now; 0 if there is none.
uint16_t free_host_port(const std::string& port_spec);

}  // namespace skein::api
