// An endpoint of another host, as its records in the gossip tables tell.
#pragma once

#include <string>

#include "base/address.h"

namespace skein::overlay {

struct RemoteRecord {
  std::string network;
  std::string key;    // of the gossip tables
  std::string owner;  // name of the gossip member
  Ipv4 host;          // tunnel endpoint
  Ipv4 address;
  std::string peer;   // PeerRecord as it came
  std::string names;  // EndpointRecord as it came; may be empty
  // Nothing is seen of its host: nobody is to begin anything new with it. What was begun goes on.
  bool is_silent = false;
  bool operator==(const RemoteRecord&) const = default;
};

}  // namespace skein::overlay
