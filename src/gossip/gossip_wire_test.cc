// Bytes of strangers, and of those that have other keys.
#include "gossip/gossip_for_test.h"

namespace skein::gossip {
namespace {

TEST_F(GossipTest, foreign_and_broken_bytes_are_counted_and_change_nothing) {
  gossip.on_packet(node_at(1), "hello", now);
  gossip.on_packet(node_at(1), "", now);
  EXPECT_EQ(gossip.counts().of(GossipCount::kPacketsDroppedKey), 2u);
  gossip.on_packet(node_at(1), docker.seal_packet("\x63nonsense", random), now);
  EXPECT_EQ(gossip.counts().of(GossipCount::kPacketsDroppedMalformed), 1u);
  EXPECT_THAT(gossip.members(), SizeIs(1));
}

TEST_F(GossipTest, a_stream_without_our_keys_is_told_why) {
  gossip.on_stream_request(5, node_at(1, 999), "\x06plain", now);
  auto reply = taken<ReplyStream>().at(0);
  EXPECT_EQ(std::get<memberlist::Err>(opened(reply.frame)).text,
            "Encryption is configured but remote state is not encrypted");
  KeyRing other = KeyRing::make(std::string(16, 'x'), {}).value();
  gossip.on_stream_request(6, node_at(1, 999), other.seal_frame("x", random), now);
  reply = taken<ReplyStream>().at(0);
  EXPECT_EQ(std::get<memberlist::Err>(opened(reply.frame)).text, "No installed keys could decrypt the message");
}

TEST_F(GossipTest, a_ping_over_tcp_is_answered) {
  gossip.on_stream_request(5, node_at(1, 999),
                           docker.seal_frame(memberlist::format_stream(memberlist::Ping{4, gossip.name()}), random),
                           now);
  auto reply = taken<ReplyStream>().at(0);
  EXPECT_EQ(std::get<memberlist::Ack>(opened(reply.frame)).sequence, 4u);
}

TEST_F(GossipTest, all_three_keys_are_read_and_the_first_is_written) {
  KeyRing oldest = KeyRing::make(kOldest, {}).value();
  gossip.on_packet(node_at(1), oldest.seal_packet(format(memberlist::Ping{3, gossip.name()}), random), now);
  auto sent = taken<SendPacket>();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_TRUE(docker.open_packet(sent[0].bytes).ok());
  ASSERT_TRUE(gossip.set_keys({kNewest, kPrimary}).ok());
  gossip.on_packet(node_at(1), oldest.seal_packet(format(memberlist::Ping{3, gossip.name()}), random), now);
  EXPECT_EQ(gossip.counts().of(GossipCount::kPacketsDroppedKey), 1u);
  EXPECT_FALSE(gossip.set_keys({}).ok());
  EXPECT_FALSE(gossip.set_keys({"short"}).ok());
}

}  // namespace
}  // namespace skein::gossip
