// How the owner of a draining endpoint learns that nobody sends it new flows any more. Pure.
//
// The entry of each host of ours on a network (host_entry.h) holds its receipts: the draining endpoints of others that
// its data path starts no flows to.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time/clock.h"
#include "overlay/peers/host_entry.h"
#include "overlay/peers/remote_records.h"

namespace skein::overlay {

std::optional<Receipt> receipt_for(const std::string& key);

// What this host owes once it has applied these records of one network. Docker Engines wait for none and get none.
std::set<Receipt> receipts_due(const std::vector<RemoteRecord>& records);

// The other hosts on a network, as gossip tells.
struct NetworkHosts {
  std::set<std::string> live;                         // gossip names of those that are there
  std::map<std::string, std::set<Receipt>> receipts;  // of those that are ours, there or not
};

// Docker Engines send no receipts: they have so long, as they give each other.
inline constexpr Duration kDockerDrainPause = std::chrono::seconds(2);

// How long after the endpoint began to drain it has, as far as can be known, no new flows. None while one of our hosts
// has not said so.
std::optional<Duration> drain_pause(const NetworkHosts& hosts, Receipt receipt);

}  // namespace skein::overlay
