#include "overlay/encryption/encryption_config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/addresses_for_test.h"
#include "base/random.h"
#include "esp/crypto/spi.h"

namespace skein::overlay {
namespace {

ca::EncryptionKey wire_key(uint64_t time, char letter, std::string_view subsystem = ca::kSubsystemIpsec) {
  ca::EncryptionKey out;
  out.set_subsystem(std::string(subsystem));
  out.set_lamport_time(time);
  out.set_key(std::string(16, letter));
  return out;
}

EncryptionKeys keys_of(uint64_t first) {
  return encryption_keys({wire_key(first + 2, 'c'), wire_key(first, 'a'), wire_key(first + 1, 'b'),
                          wire_key(first, 'x', ca::kSubsystemGossip)})
      .value();
}

std::set<uint32_t> spis(const std::vector<esp::Sa>& sas) {
  std::set<uint32_t> out;
  for (const auto& sa : sas) out.insert(sa.spi);
  return out;
}

const Ipv4 kHere = ip("10.99.0.1"), kThere = ip("10.99.0.2");

TEST(EncryptionConfig, keys_are_of_their_subsystem_oldest_first_and_the_second_seals) {
  const auto keys = keys_of(0x1'0000'0007);
  ASSERT_EQ(keys.keys.size(), 3u);
  EXPECT_EQ(keys.primary, 1u);
  EXPECT_EQ(keys.keys[0].tag, 7u) << "the low half of the Lamport time";
  EXPECT_EQ(keys.keys[2].key.bytes()[0], 'c');
}

TEST(EncryptionConfig, keys_that_are_none_are_refused) {
  EXPECT_FALSE(encryption_keys({}).ok());
  EXPECT_FALSE(encryption_keys({wire_key(1, 'a', ca::kSubsystemGossip), wire_key(2, 'b', ca::kSubsystemGossip)}).ok());
  auto short_key = wire_key(2, 'b');
  short_key.set_key("short");
  auto refused = encryption_keys({wire_key(1, 'a'), short_key});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().text(), "a key of encrypted networks is of 5 bytes, and not of 16");
}

// What one seals, the other opens: also when the two are of different rotations, whichever was first.
TEST(EncryptionConfig, hosts_understand_each_other_across_a_rotation) {
  const uint64_t epoch_here = 11, epoch_there = 22;
  const EncryptionView here{kHere, 4789, {{kThere, {false, {epoch_there}}}}};
  const EncryptionView there{kThere, 4789, {{kHere, {false, {epoch_here}}}}};
  for (uint64_t late : {0, 1, 2}) {
    const auto a = encryption_config(here, keys_of(50 + late / 2), epoch_here);
    const auto b = encryption_config(there, keys_of(50 + (late + 1) / 2), epoch_there);
    ASSERT_EQ(a.peers.size(), 1u);
    ASSERT_EQ(b.peers.size(), 1u);
    EXPECT_TRUE(spis(b.peers[0].in).contains(a.peers[0].out->spi)) << late;
    EXPECT_TRUE(spis(a.peers[0].in).contains(b.peers[0].out->spi)) << late;
  }
}

// What was recorded on the wire before is not for it.
TEST(EncryptionConfig, a_new_epoch_is_another_sender_and_another_receiver) {
  const EncryptionView view{kHere, 4789, {{kThere, {false, {22}}}}};
  const auto before = encryption_config(view, keys_of(50), 11), after = encryption_config(view, keys_of(50), 12);
  EXPECT_NE(before.peers[0].out->spi, after.peers[0].out->spi);
  const auto heard = spis(after.peers[0].in);
  for (uint32_t spi : spis(before.peers[0].in)) EXPECT_FALSE(heard.contains(spi));
}

TEST(EncryptionConfig, the_later_life_of_a_peer_is_written_to) {
  const auto only = encryption_config({kHere, 4789, {{kThere, {false, {23}}}}}, keys_of(50), 11);
  const auto both = encryption_config({kHere, 4789, {{kThere, {false, {22, 23}}}}}, keys_of(50), 11);
  EXPECT_EQ(both.peers[0].out, only.peers[0].out);
}

TEST(EncryptionConfig, packets_of_two_lives_of_a_peer_are_opened_and_of_no_more) {
  EncryptionView view{kHere, 4789, {{kThere, {false, {}}}}};
  for (size_t epochs : {0, 1, 2, 3, 9}) {
    view.peers[kThere].epochs.clear();
    for (uint64_t epoch = 1; epoch <= epochs; ++epoch) view.peers[kThere].epochs.insert(epoch);
    const auto config = encryption_config(view, keys_of(50), 11);
    EXPECT_EQ(config.peers[0].in.size(), 3 * std::min<size_t>(epochs, 2));
    EXPECT_EQ(config.peers[0].out.has_value(), epochs > 0);
  }
}

// The vector of wire/overlay-driver.md, of a real daemon.
TEST(EncryptionConfig, a_docker_engine_gets_what_docker_engines_use) {
  const auto keys = keys_of(50853);
  const auto config = encryption_config({kHere, 4789, {{kThere, {true, {}}}}}, keys, 11);
  const esp::Peer& peer = config.peers.at(0);
  EXPECT_EQ(peer.form, esp::Form::kEsp);
  EXPECT_EQ(peer.icv_bytes, 8);
  EXPECT_FALSE(peer.has_esn);
  EXPECT_FALSE(peer.has_window);
  EXPECT_FALSE(peer.has_offload);
  EXPECT_EQ(peer.out->spi, 0x2b2d6528u);
  EXPECT_EQ(peer.in.size(), 3u);
}

// A kernel speaks protocol 50 only, so that both sides do where one of them is one.
TEST(EncryptionConfig, a_kernel_and_whoever_speaks_to_it_use_one_form) {
  for (const auto& [here, there] : {std::pair(true, true), std::pair(true, false), std::pair(false, true)}) {
    const auto a = encryption_config({kHere, 4789, {{kThere, {false, {22}, there}}}, 5, here}, keys_of(50), 11);
    const auto b = encryption_config({kThere, 4789, {{kHere, {false, {11}, here}}}, 5, there}, keys_of(50), 22);
    for (const esp::Peer& peer : {a.peers[0], b.peers[0]}) {
      EXPECT_EQ(peer.form, esp::Form::kEsp);
      EXPECT_EQ(peer.icv_bytes, 16);
      EXPECT_TRUE(peer.has_esn);
      EXPECT_TRUE(peer.has_window);
      EXPECT_FALSE(peer.has_offload);
    }
    EXPECT_TRUE(spis(b.peers[0].in).contains(a.peers[0].out->spi));
  }
  const auto processes = encryption_config({kHere, 4789, {{kThere, {false, {22}, false}}}, 5, false}, keys_of(50), 11);
  EXPECT_EQ(processes.peers[0].form, esp::Form::kUdp);
  EXPECT_TRUE(processes.peers[0].has_offload);
}

TEST(EncryptionConfig, this_host_is_no_peer_of_itself_and_nothing_is_sealed_without_keys) {
  const EncryptionView view{kHere, 4790, {{kHere, {}}, {kThere, {false, {22}}}}};
  const auto config = encryption_config(view, {}, 11);
  ASSERT_EQ(config.peers.size(), 1u);
  EXPECT_EQ(config.vxlan_port, 4790);
  EXPECT_FALSE(config.peers[0].out);
  EXPECT_TRUE(config.peers[0].in.empty());
}

TEST(EncryptionConfig, what_is_made_is_what_the_encryptor_accepts) {
  EncryptionView view{kHere, 4789, {}};
  for (uint32_t i = 0; i < 300; ++i) view.peers[Ipv4{kThere.value + i}] = {i % 3 == 0, {i + 1, i + 2, i + 3}};
  const auto config = encryption_config(view, keys_of(50), 11);
  auto read = esp::parse_config(esp::format_config(config));
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(*read, config);
}

}  // namespace
}  // namespace skein::overlay
