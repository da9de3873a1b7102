// The folder with a container's hosts, resolv.conf and what else must survive a restart of the daemon.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "engine/values/networking_record.h"
#include "io/file/file.h"

namespace skein::overlay {

// Ports whose host port the user left open: "80/tcp" → host port.
using AssignedPorts = std::map<std::string, uint16_t>;

// Not part of the label: what is known only after the container was created, or changes while it exists.
struct ContainerState {
  std::string id;
  std::string netns_path;
  AssignedPorts assigned;
  // As `network connect`, `disconnect` and its starts have left them. None: as it was created.
  std::optional<std::vector<engine::WantedNetwork>> networks;
  std::vector<engine::HostEntry> links = {};  // as they were when it was started
  std::set<std::string> unlinked = {};        // aliases of links that a user has taken away
};

std::vector<engine::WantedNetwork> networks_of(const engine::NetworkingRecord& record, const ContainerState& state);

// What a user has changed, and would have to change again, is to be synced.
Result<void> write_container_state(const std::string& folder, const ContainerState& state,
                                   io::Durability durability = io::Durability::kLeftToKernel);
Result<ContainerState> read_container_state(const std::string& folder);

// Empty if there is none. Where systemd-resolved listens for the host alone, its own list of servers.
std::string read_resolv_conf(const std::string& path);

// What a container's files tell of the host.
struct HostFacts {
  std::string resolv_conf;  // path
  Result<Ipv4> gateway = make_error(Code::kUnavailable, "no address");
};

// The state, and the container's hosts (with its `own` addresses) and resolv.conf.
Result<void> write_container_files(const std::string& folder, const ContainerState& state,
                                   const engine::NetworkingRecord& record, const std::vector<engine::HostEntry>& own,
                                   const HostFacts& host, io::Durability durability = io::Durability::kLeftToKernel);

}  // namespace skein::overlay
