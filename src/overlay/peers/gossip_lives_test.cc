#include "overlay/peers/gossip_lives.h"

#include <gtest/gtest.h>

#include "gossip/base/peer.h"

namespace skein::overlay {
namespace {

using Names = std::vector<std::string>;

TEST(GossipLives, names_end_when_nothing_of_them_survives) {
  GossipLives lives;
  lives.begin("a", false);
  EXPECT_TRUE(lives.ended.empty());
  lives.begin("b", true);
  EXPECT_TRUE(lives.ended.empty());
  lives.begin("c", false);
  EXPECT_EQ(lives.ended, (Names{"a", "b"}));
  EXPECT_EQ(lives.open, (Names{"c"}));
}

TEST(GossipLives, what_has_ended_stays_so_while_later_lives_survive) {
  GossipLives lives;
  lives.begin("a", false);
  lives.begin("b", false);
  lives.begin("c", true);
  lives.begin("d", true);
  EXPECT_EQ(lives.ended, (Names{"a"}));
  EXPECT_EQ(lives.open, (Names{"b", "c", "d"}));
}

TEST(GossipLives, the_disk_keeps_them_and_damage_is_told) {
  GossipLives lives;
  lives.begin("a", false);
  lives.begin("b", false);
  EXPECT_EQ(parse_lives(format_lives(lives)).value(), lives);
  for (const char* damaged : {"", "[]", "{}", R"({"open":[]})", R"({"open":[],"ended":1})"})
    EXPECT_FALSE(parse_lives(damaged).ok()) << damaged;
}

TEST(GossipLives, a_daemon_that_dies_all_the_time_does_not_outgrow_its_metadata) {
  GossipLives lives;
  for (int i = 0; i < 100; ++i) lives.begin("0123456789" + std::to_string(10 + i % 90), i % 30 == 7);
  EXPECT_EQ(lives.ended.size(), GossipLives::kNamesMax);
  EXPECT_LE(format_member(lives).size(), gossip::kMetadataBytesMax);
  EXPECT_EQ(parse_ended_names(format_member(lives)).size(), GossipLives::kNamesMax);
  for (int i = 0; i < 100; ++i) lives.begin("abcdefghij" + std::to_string(10 + i % 90), true);
  EXPECT_EQ(parse_ended_names(format_member(lives)).size(), GossipLives::kNamesMax);
  EXPECT_LE(format_member(lives).size(), gossip::kMetadataBytesMax);
}

TEST(GossipLives, a_life_names_those_it_takes_over_from_and_not_itself) {
  GossipLives lives;
  lives.begin("a", false);
  EXPECT_TRUE(parse_earlier_names(format_member(lives)).empty());
  lives.begin("b", true);
  lives.begin("c", true);
  EXPECT_EQ(parse_earlier_names(format_member(lives)), (std::set<std::string>{"a", "b"}));
  lives.begin("d", false);
  EXPECT_TRUE(parse_earlier_names(format_member(lives)).empty()) << "they have ended";
}

TEST(GossipLives, metadata_of_others_names_nobody) {
  EXPECT_TRUE(parse_ended_names("").empty());
  EXPECT_TRUE(parse_ended_names("\xff\xff nonsense").empty());
  EXPECT_TRUE(parse_earlier_names("\xff\xff nonsense").empty());
}

}  // namespace
}  // namespace skein::overlay
