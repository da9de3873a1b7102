// How the owner of a draining endpoint learns that nobody sends it new flows any more. Pure.
//
// Every host of ours has one entry in the table "skein_host" of each network that it is on, under its gossip name. The
// entry holds the host's receipts: the draining endpoints of others that its data path starts no flows to. One entry
// for all of them, so that rolling updates leave no trail of deleted entries in everybody's tables.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/remote_records.h"
#include "base/clock.h"

namespace skein::agent {

inline constexpr const char* kHostTable = "skein_host";

// The first 16 hex digits of the key of an endpoint's records. Keys of our hosts are random.
using Receipt = uint64_t;
std::optional<Receipt> receipt_for(const std::string& key);

// As many as a gossip packet holds beside what wraps them; a host that owes more sends the lowest.
inline constexpr size_t kReceiptsMax = 128;

// What this host owes once it has applied these records of one network. Docker Engines wait for none and get none.
std::set<Receipt> receipts_due(const std::vector<RemoteRecord>& records);

// The value of the entry. What is no entry has no receipts.
std::string format_receipts(const std::set<Receipt>& receipts);
std::set<Receipt> parse_receipts(const std::string& value);

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

}  // namespace skein::agent
