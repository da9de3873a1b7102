// What a node keeps on disk while it is part of a swarm, under <root>/swarm: its identity, how it was told to join, and
// on a manager the swarm's store. Leaving removes the directory.
//
// The node's private key and the store's key are in one file, which is sealed while the swarm has an unlock key
// (ca/sealed_key_file.h). The unlock key is only in memory here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/session/join.h"
#include "ca/key_file.h"

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
  NodeFiles(std::string directory, Random& random) : directory_(std::move(directory)), random_(random) {}

  std::string store_path() const { return directory_ + "/swarm.db"; }
  // With which the store's objects are encrypted; made when there is none.
  struct StoreKey {
    std::string key;
    std::string earlier;           // what was not sealed anew yet is sealed with this one; empty: nothing
    bool is_due = false;           // for another: there is an unlock key under which it was not made
    bool is_of_old_store = false;  // of an earlier version, whose store has most objects in clear
  };
  Result<StoreKey> store_key() const;
  // The store has all of its objects encrypted with this key.
  Result<void> keep_store_key(const std::string& key) const;
  // Makes another, beside which the one of before is kept until keep_store_key. Killed anywhere, the file has each key
  // that an object may be encrypted with.
  Result<std::string> renew_store_key() const;

  // The keys are sealed, and the key that unlocks them is not known.
  Result<bool> is_locked() const;
  // kUnauthenticated when this is not it.
  Result<void> unlock(const std::string& unlock_key);
  // Puts the keys under this unlock key instead of the present one, or under none. Killed anywhere, it leaves a file
  // that one of the two opens.
  Result<void> seal(const std::string& unlock_key, uint64_t version);

  Result<void> prepare() const;  // makes the directories
  // All of it or nothing, wherever the daemon is killed: the next load finds the old identity or the new one.
  Result<void> save_identity(const agent::Identity& identity) const;
  Result<void> save_state(const NodeState& state) const;
  // None when this node is in no swarm.
  Result<std::optional<NodeState>> load_state() const;
  // Completes a save that was cut short.
  Result<agent::Identity> load_identity(WallTime now) const;
  Result<void> remove();

 private:
  std::string certificates() const { return directory_ + "/certificates"; }
  std::string next_identity() const { return certificates() + "/next-identity.json"; }
  std::string old_store_key_path() const { return certificates() + "/swarm-store.key"; }
  std::string key_path() const { return certificates() + "/swarm-node.key"; }
  Result<ca::KeyFile> read_keys() const;  // sealed or not
  Result<ca::KeyFile> open_keys() const;
  Result<void> write_keys(ca::KeyFile plain) const;
  Result<void> redo_save() const;

  std::string directory_;
  Random& random_;
  std::string unlock_key_;  // empty: there is none, or it is not known
  uint64_t unlock_version_ = 0;
};

}  // namespace skein::node
