// What gossip tells its user: that something became known. Events may coalesce into "look again": members(),
// network_peers() and entries() of gossip.h have the state after all events taken.
#pragma once

#include <string>

#include "gossip/base/peer.h"

namespace skein::gossip {

struct MemberChanged {
  Member member;
};

enum class EntryChange { kCreate, kUpdate, kDelete };
// Entries of peers only; own changes are known to who made them. `previous` is the value before, empty at kCreate;
// `value` is empty at kDelete.
struct EntryChanged {
  EntryChange kind = EntryChange::kCreate;
  std::string network;
  std::string table;
  std::string key;
  std::string owner;  // member name
  std::string value;
  std::string previous;
};
// A peer attached to or left a network that this host is on.
struct NetworkPeersChanged {
  std::string network;
};
struct Entry {
  std::string key;
  std::string owner;
  std::string value;
  bool operator==(const Entry&) const = default;
};

}  // namespace skein::gossip
