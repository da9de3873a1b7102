#include "gossip/table/table_digest.h"

#include <gtest/gtest.h>

namespace skein::gossip {
namespace {

// Hosts of different builds compare them.
TEST(TableDigest, is_the_same_in_all_builds) {
  EXPECT_EQ(entry_digest("endpoint_table", "key", "0123456789ab", 7), 0x1fbe658bb259ededu);
  EXPECT_EQ(network_digest("pt625k195cy7vjt8wfygstcwx", 1), 0x8e0f94730dd13dafu);
}

TEST(TableDigest, tells_apart_networks_that_hold_the_same) {
  EXPECT_NE(network_digest("one", 1), network_digest("two", 1));
  EXPECT_NE(network_digest("one", 1) + network_digest("two", 2), network_digest("one", 2) + network_digest("two", 1));
}

TEST(TableDigest, comes_out_of_a_payload_as_it_went_in) {
  for (uint64_t digest : {uint64_t{0}, uint64_t{1}, uint64_t{0x0123456789abcdef}, UINT64_MAX})
    EXPECT_EQ(parse_digest(format_digest(digest)), digest);
  EXPECT_EQ(format_digest(0x0123456789abcdef), std::string("\xd1\x01\x23\x45\x67\x89\xab\xcd\xef"));
}

TEST(TableDigest, other_payloads_are_none) {
  std::string digest = format_digest(5);
  EXPECT_FALSE(parse_digest(""));
  EXPECT_FALSE(parse_digest(digest.substr(0, 8)));
  EXPECT_FALSE(parse_digest(digest + "x"));
  digest.front() = 0;
  EXPECT_FALSE(parse_digest(digest));
}

}  // namespace
}  // namespace skein::gossip
