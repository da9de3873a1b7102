// How long a suspect may stay silent before it is declared dead: longest when one member suspects it, shorter with each
// independent confirmation (the Lifeguard rule of memberlist).
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "gossip/base/config.h"

namespace skein::gossip {

class Suspicion {
 public:
  // `nodes` is the size of the member list, this host included.
  Suspicion(const std::string& first_accuser, size_t nodes, const GossipTimings& timings, TimePoint now);

  // True when the accuser is new and still counts, so that its accusation is worth passing on.
  bool confirm(const std::string& accuser);
  TimePoint deadline() const;

 private:
  TimePoint start_;
  Duration min_;
  Duration max_;
  size_t confirmations_needed_;
  std::set<std::string> accusers_;  // at most confirmations_needed_ + 1
};

}  // namespace skein::gossip
