#include "overlay/encryption/peer_state.h"

#include <gtest/gtest.h>

#include "base/addresses_for_test.h"

namespace skein::overlay {
namespace {

const Ipv4 kNeighbour = ip("192.168.1.12");

esp::PeerStatus peer(std::optional<esp::SaStatus> out, std::vector<esp::SaStatus> in,
                     esp::Form form = esp::Form::kUdp) {
  return {kNeighbour, form, out, std::move(in)};
}

TEST(PeerState, why_nothing_passes_is_said) {
  const esp::SaStatus silent{2}, sent{1, 5};
  EXPECT_EQ(peer_state(peer({}, {})).text, "no key to send with yet");
  EXPECT_EQ(peer_state(peer(silent, {})).text, "its host has not told how it encrypts");
  EXPECT_EQ(peer_state(peer(silent, {silent})), (PeerState{false, "idle"}));
  EXPECT_EQ(peer_state(peer(sent, {silent, {3, 1}})), (PeerState{false, "active"}));
  EXPECT_TRUE(peer_state(peer(sent, {silent})).text.starts_with("nothing is received: see that UDP port 4500"));
  EXPECT_TRUE(peer_state(peer(sent, {silent}, esp::Form::kEsp)).text.starts_with("nothing is received: see that IP"));
  EXPECT_TRUE(peer_state(peer(sent, {{2, 0, 0, 0, 7}})).text.starts_with("what it sends does not open"));
}

TEST(PeerComplaints, a_fault_is_told_once_and_again_when_it_comes_back_or_changes) {
  PeerComplaints complaints;
  auto told = [&](esp::PeerStatus status) {
    esp::Status all;
    all.peers = {std::move(status)};
    return complaints.news(all).size();
  };
  const esp::SaStatus silent{2}, sent{1, 5};
  EXPECT_EQ(told(peer(silent, {silent})), 0u);
  EXPECT_TRUE(complaints.empty());
  EXPECT_EQ(told(peer(sent, {silent})), 1u);
  EXPECT_EQ(told(peer(sent, {silent})), 0u);
  EXPECT_FALSE(complaints.empty());
  EXPECT_EQ(told(peer(sent, {{2, 0, 0, 0, 1}})), 1u);
  EXPECT_EQ(told(peer(sent, {{2, 3}})), 0u);
  EXPECT_TRUE(complaints.empty());
  EXPECT_EQ(told(peer(sent, {silent})), 1u);
}

}  // namespace
}  // namespace skein::overlay
