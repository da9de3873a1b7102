#include "overlay/encryption/kernel_encryptor_status.h"

#include <gtest/gtest.h>

#include "base/addresses_for_test.h"
#include "esp/crypto/key_for_test.h"

namespace skein::overlay {
namespace {

const Ipv4 kOwn = ip("192.0.2.1"), kPeer = ip("192.0.2.2");

TEST(KernelEncryptorStatus, each_peer_has_the_counts_of_its_own_states) {
  esp::Peer peer{.address = kPeer};
  peer.in = {{0x101, esp::key_of(1)}, {0x102, esp::key_of(2)}};
  peer.out = esp::Sa{0x201, esp::key_of(1)};
  const esp::Config config{.tap = "skein-esp", .local = kOwn, .peers = {peer}};
  auto seen = [](Ipv4 target, uint32_t spi, uint64_t packets) {
    kernel::xfrm::SeenState out;
    out.key = {target, spi};
    out.packets = packets;
    out.replayed = packets / 2;
    return out;
  };
  const auto status =
      kernel_status(config, {seen(kOwn, 0x101, 10), seen(kPeer, 0x201, 20), seen(kPeer, 0x101, 99)}, {{"replayed", 5}});
  ASSERT_EQ(status.peers.size(), 1u);
  EXPECT_EQ(status.pid, 0);
  EXPECT_EQ(status.peers[0].form, esp::Form::kEsp);
  EXPECT_EQ(status.peers[0].out->packets, 20u);
  ASSERT_EQ(status.peers[0].in.size(), 1u) << "one is not there yet";
  EXPECT_EQ(status.peers[0].in[0].packets, 10u);
  EXPECT_EQ(status.peers[0].in[0].replayed, 5u);
  EXPECT_EQ(status.drops.at("replayed"), 5u);
}

TEST(KernelEncryptorStatus, an_epoch_is_read_as_it_was_written_and_nothing_else_is_one) {
  EXPECT_EQ(parse_epoch(format_epoch(0x123456789abcdef0)).value(), 0x123456789abcdef0u);
  for (const char* text : {"", "12", "123456789abcdefg", "123456789abcdef01"}) EXPECT_FALSE(parse_epoch(text).ok());
}

}  // namespace
}  // namespace skein::overlay
