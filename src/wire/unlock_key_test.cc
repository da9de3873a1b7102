#include "wire/unlock_key.h"

#include <gtest/gtest.h>

namespace skein::wire {
namespace {

TEST(UnlockKey, users_see_what_docker_shows) {
  EXPECT_EQ(format_unlock_key(std::string(32, '\0')), "SWMKEY-1-" + std::string(43, 'A'));
  EXPECT_EQ(format_unlock_key(std::string(32, '\xff')), "SWMKEY-1-" + std::string(42, '/') + "8");
  EXPECT_EQ(format_unlock_key(""), "");
}

TEST(UnlockKey, what_is_shown_can_be_given_back) {
  SeededRandom random{1};
  const std::string key = make_unlock_key(random);
  EXPECT_EQ(key.size(), kUnlockKeyBytes);
  EXPECT_NE(make_unlock_key(random), key);
  EXPECT_EQ(*parse_unlock_key(format_unlock_key(key)), key);
}

TEST(UnlockKey, another_length_is_read_as_docker_does) { EXPECT_EQ(*parse_unlock_key("SWMKEY-1-YWJj"), "abc"); }

TEST(UnlockKey, what_is_no_key_is_told) {
  for (const char* text : {"", "YWJj", "SWMKEY-2-YWJj", "swmkey-1-YWJj", "SWMKEY-1-YWJ=", "SWMKEY-1-Y-Jj",
                           "SWMKEY-1-YW Jj", "SWMTKN-1-YWJj"}) {
    auto key = parse_unlock_key(text);
    ASSERT_FALSE(key.ok()) << text;
    EXPECT_EQ(key.error().what, "invalid key string");
  }
}

}  // namespace
}  // namespace skein::wire
