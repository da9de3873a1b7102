// This host's endpoints as records of the gossip tables.
//
// On the loop's thread. `door` is the swarm; nothing is done while its gossip has not started.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/random.h"
#include "overlay/endpoints/endpoint.h"
#include "overlay/peers/host_entry.h"
#include "overlay/peers/remote_records.h"
#include "overlay/peers/swarm_door.h"

namespace skein::overlay {

class GossipRecords {
 public:
  explicit GossipRecords(Random& random) : random_(random) {}

  // What the records of encrypted networks say from now on, when they are announced.
  void set_encryption(std::optional<uint64_t> epoch, bool is_in_kernel) {
    epoch_ = epoch;
    is_esp_in_kernel_ = is_in_kernel;
  }
  // Gossip began anew: records get new keys, since peers ignore what looks older than what they have.
  void restart() { told_.clear(), hosts_.clear(); }
  // Tells of the endpoint, or what has changed since it was told; what has not changed is not told again. Peers first,
  // names last: who resolves a name must be able to reach it.
  void announce(const Endpoint& endpoint, SwarmDoor& door);
  // All that survived the lives before is announced: who has heard it waits for nothing else of theirs.
  void close_beginning(SwarmDoor& door);
  // `is_last`: no other endpoint of this host is on its network, which is left.
  void withdraw(const Endpoint& endpoint, bool is_last, SwarmDoor& door);

  // The receipts of this host on a network (drain_receipts.h), instead of those of before. Nothing happens on networks
  // on which nothing was announced.
  void acknowledge(const std::string& network, const std::set<Receipt>& receipts, SwarmDoor& door);

  // The key of the endpoint's records; empty if it was not told of.
  std::string key_of(const std::string& endpoint_id) const;

 private:
  struct Record {
    std::string bytes;
    bool is_disabled = false;
  };
  struct Told {
    std::string network;
    std::string key;
    std::map<std::string, Record> records;  // by table
  };
  void join(gossip::Gossip& gossip, const std::string& network, TimePoint now);
  void tell_of_host(const std::string& network, HostEntry entry, SwarmDoor& door);
  void tell(gossip::Gossip& gossip, const Endpoint& endpoint, const char* table, std::optional<Record> record,
            TimePoint now);

  Random& random_;
  std::optional<uint64_t> epoch_;  // of our encryptor
  bool is_esp_in_kernel_ = false;
  std::map<std::string, Told> told_;        // by endpoint id
  std::map<std::string, HostEntry> hosts_;  // by network: what our entry there says
};

}  // namespace skein::overlay
