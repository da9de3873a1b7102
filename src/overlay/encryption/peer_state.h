// What is known of the way to a peer on encrypted networks, in words; and which of it is news for a log. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "esp/control/control.h"

namespace skein::overlay {

struct PeerState {
  bool is_fault = false;
  std::string text;  // "active", "idle", or why nothing passes and what to look at
  bool operator==(const PeerState&) const = default;
};

PeerState peer_state(const esp::PeerStatus& peer);

// Remembers what was said.
class PeerComplaints {
 public:
  // Faults that are new since the last call, by peer. What has passed is forgotten, and would be news again.
  std::vector<std::pair<Ipv4, std::string>> news(const esp::Status& status);
  bool empty() const { return told_.empty(); }

 private:
  std::map<Ipv4, std::string> told_;
};

}  // namespace skein::overlay
