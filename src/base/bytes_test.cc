#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace skein {
namespace {

// RFC 4648 section 10.
TEST(Bytes, base64_follows_the_rfc_vectors) {
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(*from_base64("Zm8="), "fo");
  EXPECT_EQ(*from_base64("Zm8"), "fo");
  EXPECT_FALSE(from_base64("Z").ok());
  EXPECT_FALSE(from_base64("Z!==").ok());
}

// Docker's CLI sends X-Registry-Auth in the URL-safe alphabet.
TEST(Bytes, base64_decodes_the_url_safe_alphabet) { EXPECT_EQ(*from_base64("-_8="), *from_base64("+/8=")); }

TEST(Bytes, hex_round_trips_and_refuses_garbage) {
  EXPECT_EQ(to_hex(std::string("\x00\xff", 2)), "00ff");
  EXPECT_EQ(*from_hex("00fF"), std::string("\x00\xff", 2));
  EXPECT_FALSE(from_hex("0").ok());
  EXPECT_FALSE(from_hex("zz").ok());
}

TEST(Bytes, base36_pads_to_its_width) {
  EXPECT_EQ(to_base36(as_bytes(std::string("\x00\x23", 2)), 3), "00z");
  EXPECT_EQ(to_base36(as_bytes(std::string("\x24", 1)), 1), "10");
  EXPECT_EQ(to_base36({}, 2), "00");
}

// Docker refuses ids of another shape in places, and users copy their prefixes.
TEST(Bytes, object_ids_have_25_characters_of_the_alphabet) {
  SeededRandom random(1);
  for (int i = 0; i < 200; ++i) {
    std::string id = random.object_id();
    EXPECT_EQ(id.size(), 25u);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz"), std::string::npos);
  }
}

}  // namespace
}  // namespace skein
