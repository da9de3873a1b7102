#include "kernel/xfrm/state.h"

#include <gtest/gtest.h>

#include "base/addresses_for_test.h"
#include "base/random.h"
#include "esp/crypto/key_for_test.h"

namespace skein::kernel::xfrm {
namespace {

using esp::key_of;

const Ipv4 kOwn = ip("192.0.2.1"), kPeer = ip("192.0.2.2"), kOther = ip("192.0.2.3");

esp::Peer peer(Ipv4 address, std::vector<uint8_t> keys, uint32_t spi) {
  esp::Peer out{.address = address, .form = esp::Form::kEsp};
  for (uint8_t key : keys) out.in.push_back({spi + key, key_of(key)});
  out.out = esp::Sa{spi + 0x1000, key_of(keys.front())};
  return out;
}

esp::Config config(std::vector<esp::Peer> peers) {
  return {.tap = "skein-esp", .local = kOwn, .peers = std::move(peers)};
}

Holdings after(Holdings held, const std::vector<Action>& done) {
  for (const Action& action : done) take(held, action);
  return held;
}

TEST(XfrmState, a_peer_has_a_state_for_each_key_that_it_may_use_one_of_ours_and_a_policy) {
  const Holdings held = holdings_for(config({peer(kPeer, {1, 2, 3}, 0x100)}));
  EXPECT_EQ(held.states.size(), 4u);
  const State& in = held.states.at({kOwn, 0x102});
  EXPECT_EQ(in.source, kPeer);
  EXPECT_EQ(in.key, key_of(2));
  EXPECT_TRUE(in.has_window);
  const State& out = held.states.at({kPeer, 0x1100});
  EXPECT_EQ(out.source, kOwn);
  EXPECT_FALSE(out.has_window);
  EXPECT_TRUE(out.has_esn);
  EXPECT_EQ(held.policies.at({kOwn, kPeer, 4789}), 0x1100u);
}

TEST(XfrmState, who_has_no_key_to_be_sent_to_has_no_policy) {
  esp::Peer silent = peer(kPeer, {1}, 0x100);
  silent.out.reset();
  EXPECT_TRUE(holdings_for(config({silent})).policies.empty());
}

TEST(XfrmState, nothing_is_done_where_all_is_there) {
  const Holdings held = holdings_for(config({peer(kPeer, {1, 2, 3}, 0x100)}));
  EXPECT_TRUE(actions(held, held).empty());
}

// Make before break.
TEST(XfrmState, in_a_rotation_states_come_before_the_policy_and_go_after_it) {
  const Holdings before = holdings_for(config({peer(kPeer, {1, 2, 3}, 0x100)}));
  esp::Peer rotated = peer(kPeer, {2, 3, 4}, 0x100);
  rotated.out = esp::Sa{0x2100, key_of(3)};
  const auto todo = actions(before, holdings_for(config({rotated})));
  ASSERT_EQ(todo.size(), 5u);
  EXPECT_TRUE(std::holds_alternative<AddState>(todo[0]));
  EXPECT_TRUE(std::holds_alternative<AddState>(todo[1]));
  EXPECT_EQ(std::get<PutPolicy>(todo[2]).spi, 0x2100u);
  EXPECT_TRUE(std::holds_alternative<DeleteState>(todo[3]));
  EXPECT_TRUE(std::holds_alternative<DeleteState>(todo[4]));
}

TEST(XfrmState, the_states_of_a_peer_that_left_stay_as_long_as_their_keys) {
  const Holdings both = holdings_for(config({peer(kPeer, {1, 2}, 0x100), peer(kOther, {1, 2}, 0x5000)}));
  const Holdings one = holdings_for(config({peer(kPeer, {1, 2}, 0x100)}));
  Holdings held = after(both, actions(both, one));
  EXPECT_EQ(held.states, both.states);
  EXPECT_EQ(held.policies, one.policies);
  held = after(held, actions(held, holdings_for(config({}))));
  EXPECT_EQ(held.states, both.states);
  const Holdings later = holdings_for(config({peer(kPeer, {3, 4}, 0x100)}));
  EXPECT_EQ(after(held, actions(held, later)), later);
}

TEST(XfrmState, a_state_of_another_form_is_made_anew) {
  const Holdings before = holdings_for(config({peer(kPeer, {1}, 0x100)}));
  esp::Peer engine = peer(kPeer, {1}, 0x100);
  engine.icv_bytes = 8;
  engine.has_esn = engine.has_window = false;
  const Holdings wanted = holdings_for(config({engine}));
  EXPECT_EQ(after(before, actions(before, wanted)), wanted);
}

TEST(XfrmState, another_address_or_port_of_ours_leaves_no_policy_of_the_former) {
  const Holdings before = holdings_for(config({peer(kPeer, {1}, 0x100)}));
  esp::Config moved = config({peer(kPeer, {1}, 0x100)});
  moved.local = ip("192.0.2.9");
  moved.vxlan_port = 4790;
  const Holdings wanted = holdings_for(moved);
  EXPECT_EQ(after(before, actions(before, wanted)).policies, wanted.policies);
}

// From any holdings to any others: what is wanted is there, and no policy besides.
TEST(XfrmState, any_holdings_become_any_others) {
  SeededRandom random(7);
  auto some = [&] {
    std::vector<esp::Peer> peers;
    for (Ipv4 address : {kPeer, kOther}) {
      if (random.below(3) == 0) continue;
      const auto first = static_cast<uint8_t>(1 + random.below(4));
      peers.push_back(peer(address, {first, static_cast<uint8_t>(first + 1)}, 0x100 * address.value));
    }
    return holdings_for(config(peers));
  };
  Holdings held;
  for (int i = 0; i < 500; ++i) {
    const Holdings wanted = some();
    held = after(held, actions(held, wanted));
    EXPECT_EQ(held.policies, wanted.policies);
    for (const auto& [key, state] : wanted.states) EXPECT_EQ(held.states.at(key), state);
    EXPECT_TRUE(actions(held, wanted).empty());
  }
}

}  // namespace
}  // namespace skein::kernel::xfrm
