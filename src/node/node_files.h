// What a node keeps on disk while it is part of a swarm, under <root>/swarm: its identity, how it was told to join, and
// on a manager the swarm's store. Leaving removes the directory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/join.h"

namespace skein::node {

struct NodeState {
  std::string listen_address;     // "0.0.0.0:2377"
  std::string advertise_address;  // with port; empty on a worker that was told none
  std::string data_path_address;
  std::vector<std::string> managers;  // "ip:2377"
  std::string local_address;          // our own, as the last session saw it
  uint16_t data_path_port = 0;        // of the swarm, once known
  bool operator==(const NodeState&) const = default;
};

class NodeFiles {
 public:
  explicit NodeFiles(std::string directory) : directory_(std::move(directory)) {}

  std::string store_path() const { return directory_ + "/swarm.db"; }
  // With which the store's secrets are encrypted; made when there is none.
  Result<std::string> store_key(Random& random) const;
  Result<void> prepare() const;  // makes the directories
  // All of it or nothing, wherever the daemon is killed: the next load finds the old identity or the new one.
  Result<void> save_identity(const agent::Identity& identity) const;
  Result<void> save_state(const NodeState& state) const;
  // None when this node is in no swarm.
  Result<std::optional<NodeState>> load_state() const;
  // Completes a save that was cut short.
  Result<agent::Identity> load_identity(WallTime now) const;
  Result<void> remove() const;

 private:
  std::string certificates() const { return directory_ + "/certificates"; }
  std::string next_identity() const { return certificates() + "/next-identity.json"; }
  Result<void> redo_save() const;

  std::string directory_;
};

}  // namespace skein::node
