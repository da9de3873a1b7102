// What this host believes about the endpoints of other hosts: what gossip tells, held on to across the moments in which
// gossip itself starts over. Pure.
//
// An entry that its owner deleted is gone at once. One that merely vanished is kept for a moment if its host is there:
// a restarted daemon comes back under a new name, its containers went on running, and it will tell of them again; and
// while names of one host follow each other quickly, gossip may take an earlier one for the valid one for a while.
// After our own start the entries of before are kept until the other hosts had time to tell. So the death of a daemon
// loses no packet, and the death of a host leaves nothing stale.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/clock.h"
#include "base/result.h"

namespace skein::agent {

struct RemoteRecord {
  std::string network;
  std::string key;    // of the gossip tables
  std::string owner;  // name of the gossip member
  Ipv4 host;          // tunnel endpoint
  Ipv4 address;
  std::string peer;   // PeerRecord as it came
  std::string names;  // EndpointRecord as it came; may be empty
  bool operator==(const RemoteRecord&) const = default;
};

class RemoteRecords {
 public:
  // For a host that is there. Longer than gossip needs to find out which of several names at one address is the living
  // one: a probe, a suspicion (5 s in small clusters) and a bulk sync.
  static constexpr Duration kReturnPatience = std::chrono::seconds(15);
  static constexpr Duration kStartPatience = std::chrono::seconds(30);  // for all hosts after our own start

  explicit RemoteRecords(TimePoint start) : start_(start) {}

  // What gossip knows now of the networks that this host is on.
  struct Snapshot {
    std::vector<RemoteRecord> records;
    std::set<std::string> networks;
    std::set<std::pair<std::string, std::string>> deleted;  // network, key: what owners took back
    std::set<std::pair<std::string, std::string>> leavers;  // network, owner: who has nothing on it any more
    std::set<Ipv4> live_hosts;
  };
  void update(const Snapshot& snapshot, TimePoint now);

  // In the order of network and key.
  std::vector<RemoteRecord> of_network(const std::string& network) const;
  // When update() would change something without new input.
  TimePoint next_deadline() const;

  // For the disk: what is believed, without deadlines.
  std::string text() const;
  Result<void> load(const std::string& text);

 private:
  struct Believed {
    RemoteRecord record;
    TimePoint until = TimePoint::never();  // never: gossip has it
    bool was_told = false;                 // by gossip, since our start
  };
  bool has_ended(const Snapshot& snapshot, const std::set<std::pair<std::string, Ipv4>>& told_addresses,
                 Believed& believed, TimePoint now) const;

  TimePoint start_;
  std::map<std::pair<std::string, std::string>, Believed> believed_;
};

}  // namespace skein::agent
