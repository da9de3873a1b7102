#include "gossip/base/peer.h"

namespace skein::gossip {

std::string PeerAddress::text() const { return HostPort{host.text(), port}.text(); }

const char* peer_state_name(PeerState state) {
  switch (state) {
    case PeerState::kAlive: return "alive";
    case PeerState::kSuspect: return "suspect";
    case PeerState::kFailed: return "failed";
    case PeerState::kLeft: return "left";
  }
  return "unknown";
}

std::string to_octets(const IpAddress& address) {
  if (address.is_v6) return {reinterpret_cast<const char*>(address.v6.octets.data()), 16};
  uint32_t v = address.v4.value;
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8), static_cast<char>(v)};
}

std::optional<IpAddress> from_octets(std::string_view octets) {
  if (octets.size() == 4) {
    uint32_t v = 0;
    for (char c : octets) v = v << 8 | static_cast<uint8_t>(c);
    return IpAddress::from(Ipv4{v});
  }
  if (octets.size() != 16) return std::nullopt;
  Ipv6 v6;
  for (size_t i = 0; i < 16; ++i) v6.octets[i] = static_cast<uint8_t>(octets[i]);
  return IpAddress::from(v6);
}

}  // namespace skein::gossip
