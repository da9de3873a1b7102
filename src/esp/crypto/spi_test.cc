// Both ends must compute the same SPI, and Docker's daemons the same as ours: else nothing can be opened.
#include "esp/crypto/spi.h"

#include <gtest/gtest.h>

#include "base/addresses_for_test.h"

namespace skein::esp {
namespace {

const IpAddress kOne = IpAddress::from(ip("10.99.0.1")), kTwo = IpAddress::from(ip("10.99.0.2"));

TEST(Spi, equals_what_dockerd_installed) { EXPECT_EQ(docker_spi(kOne, 50854, kTwo), 0x2b2d6528u); }

TEST(Spi, an_ipv4_address_counts_as_its_mapped_form) {
  auto mapped = IpAddress::parse("::ffff:10.99.0.1");
  ASSERT_TRUE(mapped.ok());
  EXPECT_EQ(docker_spi(*mapped, 50854, kTwo), 0x2b2d6528u);
}

TEST(Spi, directions_keys_and_epochs_differ) {
  EXPECT_NE(docker_spi(kTwo, 50854, kOne), docker_spi(kOne, 50854, kTwo));
  EXPECT_NE(docker_spi(kOne, 50855, kTwo), docker_spi(kOne, 50854, kTwo));
  EXPECT_NE(skein_spi({kOne, 1}, 50854, {kTwo, 9}), skein_spi({kOne, 2}, 50854, {kTwo, 9}));
  EXPECT_NE(skein_spi({kOne, 1}, 50854, {kTwo, 9}), skein_spi({kOne, 1}, 50854, {kTwo, 8}));
  EXPECT_NE(skein_spi({kOne, 1}, 50854, {kTwo, 9}), skein_spi({kOne, uint64_t{1} << 32}, 50854, {kTwo, 9}));
}

// FNV-1a by its definition, over the bytes written out.
TEST(Spi, the_epochs_are_hashed_last_in_big_endian) {
  const uint8_t bytes[] = {0,    0,    0, 0, 0, 0, 0, 0, 0, 0,  0xff, 0xff, 10,   99,   0,  1,  0, 0,
                           0xc6, 0xa6, 0, 0, 0, 0, 0, 0, 0, 0,  0,    0,    0xff, 0xff, 10, 99, 0, 2,
                           1,    2,    3, 4, 5, 6, 7, 8, 9, 10, 11,   12,   13,   14,   15, 16};
  uint32_t hash = 0x811c9dc5;
  for (uint8_t byte : bytes) hash = (hash ^ byte) * 0x01000193;
  EXPECT_EQ(skein_spi({kOne, 0x0102030405060708}, 50854, {kTwo, 0x090a0b0c0d0e0f10}), hash);
}

// The epoch was searched for: its hash is below 256.
TEST(Spi, reserved_values_are_skipped) {
  constexpr uint64_t kEpoch = 20121133;
  EXPECT_GE(skein_spi({kOne, kEpoch}, 50854, {kTwo, 0}), kSpiMin);
}

}  // namespace
}  // namespace skein::esp
