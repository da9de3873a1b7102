#include "overlay/encryption/peer_state.h"

namespace skein::overlay {

PeerState peer_state(const esp::PeerStatus& peer) {
  uint64_t received = 0, failed = 0;
  for (const auto& in : peer.in) received += in.packets, failed += in.failed;
  if (!peer.out) return {true, "no key to send with yet"};
  if (peer.in.empty()) return {true, "its host has not told how it encrypts"};
  if (received > 0) return {false, "active"};
  if (failed > 0) return {true, "what it sends does not open with our keys: see that it is in the same swarm"};
  if (peer.out->packets == 0) return {false, "idle"};
  return {true, peer.form == esp::Form::kUdp ? "nothing is received: see that UDP port 4500 is open"
                                             : "nothing is received: see that IP protocol 50 (ESP) is let through"};
}

std::vector<std::pair<Ipv4, std::string>> PeerComplaints::news(const esp::Status& status) {
  std::vector<std::pair<Ipv4, std::string>> out;
  std::map<Ipv4, std::string> now;
  for (const auto& peer : status.peers) {
    const PeerState state = peer_state(peer);
    if (!state.is_fault) continue;
    now[peer.address] = state.text;
    auto before = told_.find(peer.address);
    if (before == told_.end() || before->second != state.text) out.emplace_back(peer.address, state.text);
  }
  told_ = std::move(now);
  return out;
}

}  // namespace skein::overlay
