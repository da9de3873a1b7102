#include "ca/network_keys.h"

#include <gtest/gtest.h>

#include <set>

namespace skein::ca {
namespace {

std::set<std::string> keys_in(const NetworkKeys& keys, std::string_view subsystem) {
  std::set<std::string> out;
  for (const EncryptionKey& key : keys_of_subsystem(keys.keys, subsystem)) out.insert(key.key());
  return out;
}

TEST(NetworkKeys, the_first_set_has_the_shape_of_dockers) {
  SeededRandom random(1);
  NetworkKeys keys = make_network_keys(random);
  ASSERT_EQ(keys.keys.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(keys.keys[i].subsystem(), i < 3 ? kSubsystemGossip : kSubsystemIpsec);
    EXPECT_EQ(keys.keys[i].key().size(), 16u);
    EXPECT_EQ(keys.keys[i].lamport_time(), keys.keys[0].lamport_time() + i);
  }
  EXPECT_EQ(keys.lamport_clock, keys.keys[5].lamport_time());
  EXPECT_LE(keys.lamport_clock, (1u << 16) + 6);
  EXPECT_EQ(keys_in(keys, kSubsystemGossip).size(), 3u);
}

// Nodes get a rotation at different moments. What one encrypts, the other must be able to read, whichever was first.
TEST(NetworkKeys, a_rotation_never_leaves_two_nodes_without_a_common_key) {
  SeededRandom random(2);
  NetworkKeys keys = make_network_keys(random);
  for (int rotation = 0; rotation < 10; ++rotation) {
    NetworkKeys next = rotate_network_keys(keys, random);
    EXPECT_EQ(next.lamport_clock, keys.lamport_clock + 2);
    ASSERT_EQ(next.keys.size(), 6u);
    for (std::string_view subsystem : {kSubsystemGossip, kSubsystemIpsec}) {
      auto before = keys_of_subsystem(keys.keys, subsystem), after = keys_of_subsystem(next.keys, subsystem);
      auto primary_before = primary_key_index(before, subsystem), primary_after = primary_key_index(after, subsystem);
      EXPECT_TRUE(keys_in(next, subsystem).contains(before[*primary_before].key()));
      EXPECT_TRUE(keys_in(keys, subsystem).contains(after[*primary_after].key()));
      EXPECT_NE(before[*primary_before].key(), after[*primary_after].key());
      EXPECT_FALSE(keys_in(keys, subsystem).contains(after[2].key()));
    }
    keys = next;
  }
}

TEST(NetworkKeys, lamport_times_are_unique_over_both_subsystems) {
  SeededRandom random(3);
  NetworkKeys keys = make_network_keys(random);
  for (int rotation = 0; rotation < 20; ++rotation) keys = rotate_network_keys(keys, random);
  std::set<uint64_t> times;
  for (const EncryptionKey& key : keys.keys) times.insert(key.lamport_time());
  EXPECT_EQ(times.size(), keys.keys.size());
}

// Manager order is not promised by the wire.
TEST(NetworkKeys, the_order_is_by_lamport_time_and_not_by_position) {
  SeededRandom random(4);
  NetworkKeys keys = make_network_keys(random);
  std::vector<EncryptionKey> reversed(keys.keys.rbegin(), keys.keys.rend());
  auto sorted = keys_of_subsystem(reversed, kSubsystemGossip);
  ASSERT_EQ(sorted.size(), 3u);
  EXPECT_EQ(sorted[1].key(), keys.keys[1].key());
}

TEST(NetworkKeys, a_shrunken_set_grows_back_and_one_key_is_not_enough) {
  SeededRandom random(5);
  NetworkKeys keys = make_network_keys(random);
  keys.keys.resize(1);
  auto gossip = keys_of_subsystem(keys.keys, kSubsystemGossip);
  EXPECT_EQ(primary_key_index(gossip, kSubsystemGossip).error().text(),
            "no primary key found for networking:gossip subsystem: 1 keys found on controller, expected at least 2");
  keys = rotate_network_keys(keys, random);
  EXPECT_EQ(keys_in(keys, kSubsystemGossip).size(), 2u);
  EXPECT_EQ(keys_in(keys, kSubsystemIpsec).size(), 1u);
}

}  // namespace
}  // namespace skein::ca
