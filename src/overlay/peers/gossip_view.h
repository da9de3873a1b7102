// What the gossip tables tell of other hosts and their endpoints. On the loop's thread.
#pragma once

#include <set>
#include <string>

#include "overlay/peers/drain_receipts.h"
#include "overlay/peers/remote_records.h"
#include "overlay/peers/swarm_door.h"

namespace skein::overlay {

// What gossip knows now of these networks and of the hosts' lives. `door` may be null: outside a swarm nothing is
// known.
RemoteRecords::Snapshot observe_gossip(SwarmDoor* door, std::set<std::string> networks);

// The same where all is known but the `changed` records, which costs as much as there are. `untold` are those that are
// believed although they are not told; `is_unsettled`: of others something is waited for. Gossip runs.
RemoteRecords::Snapshot observe_changes(SwarmDoor& door, std::set<std::string> networks,
                                        const std::set<RemoteRecords::Id>& changed,
                                        const std::set<RemoteRecords::Id>& untold, bool is_unsettled);

// The other hosts on the network and their receipts.
NetworkHosts observe_hosts(const gossip::Gossip& gossip, const std::string& network);

}  // namespace skein::overlay
