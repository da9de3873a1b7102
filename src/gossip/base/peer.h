// Where gossip peers are reached and what membership thinks of them: words shared by all of src/gossip.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"

namespace skein::gossip {

// UDP and TCP use the same port.
struct PeerAddress {
  IpAddress host;
  uint16_t port = 7946;
  std::string text() const;
  auto operator<=>(const PeerAddress&) const = default;
};

enum class PeerState { kAlive, kSuspect, kFailed, kLeft };
const char* peer_state_name(PeerState state);

inline constexpr size_t kMetadataBytesMax = 512;  // memberlist's

struct Member {
  std::string name;  // 12 hex digits, new at every start of the peer; not its swarm node id
  PeerAddress address;
  PeerState state = PeerState::kAlive;
  std::string metadata = {};  // what the member says of itself; empty of Docker Engines
  bool operator==(const Member&) const = default;
};

// Addresses as messages carry them: 4 or 16 octets in network order.
std::string to_octets(const IpAddress& address);
std::optional<IpAddress> from_octets(std::string_view octets);

}  // namespace skein::gossip
