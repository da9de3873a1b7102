// This host's endpoints as records of the gossip tables, and what the tables tell of other hosts' endpoints.
//
// On the loop's thread. `door` is the swarm; nothing is done while its gossip has not started.
#pragma once

#include <map>
#include <set>
#include <string>

#include "agent/endpoint.h"
#include "agent/remote_records.h"
#include "agent/swarm_door.h"
#include "base/random.h"

namespace skein::agent {

class GossipRecords {
 public:
  explicit GossipRecords(Random& random) : random_(random) {}

  // Gossip began anew: records get new keys, since peers ignore what looks older than what they have.
  void restart() { keys_.clear(); }
  // Tells of the endpoint, or tells again what has changed. Peers first, names last: who resolves a name must be able
  // to reach it.
  void announce(const Endpoint& endpoint, SwarmDoor& door);
  // `is_last`: no other endpoint of this host is on its network, which is left.
  void withdraw(const Endpoint& endpoint, bool is_last, SwarmDoor& door);

 private:
  Random& random_;
  std::map<std::string, std::string> keys_;  // endpoint id → key of its records
};

// What gossip knows now of these networks and of the hosts' lives. `door` may be null: outside a swarm nothing is
// known.
RemoteRecords::Snapshot observe_gossip(SwarmDoor* door, std::set<std::string> networks);

}  // namespace skein::agent
