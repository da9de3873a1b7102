// Bytes from the network cost no more than a dropped packet, whatever is in them.
#include "wire/memberlist/message.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "wire/memberlist/compress_for_test.h"
#include "wire/memberlist/lzw.h"
#include "wire/memberlist/msgpack.h"

namespace skein::wire::memberlist {
namespace {

std::string typed(MessageType type, std::string_view body) {
  return std::string(1, static_cast<char>(type)).append(body);
}

Ping some_ping() { return {.sequence = 300, .node = "0123456789ab", .source_address = {}, .source_port = 0}; }

TEST(Message, every_kind_survives_a_packet_with_all_wrappers) {
  const std::string ipv4("\x0a\x4d\0\x01", 4), ipv6(16, '\xfd');
  const std::vector<Message> messages = {
      some_ping(),
      IndirectPing{1, ipv6, 7946, "b", true, ipv4, 7946, "a"},
      Ack{2, std::nullopt},
      Ack{3, "payload"},
      Nack{4},
      Err{"no"},
      Suspect{5, "b", "a"},
      Alive{UINT32_MAX, "b", ipv6, 65535, std::string(512, 'm')},
      Dead{7, "b", "b"},
      User{std::string("\0\1\2", 3)},
      User{""},
  };
  std::vector<std::string> parts;
  for (const Message& message : messages) parts.push_back(format(message));
  auto parsed = parse_packet(add_crc(compress(format_compound(parts))));
  ASSERT_TRUE(parsed.ok()) << parsed.error().text();
  EXPECT_EQ(*parsed, messages);
}

TEST(Message, every_kind_survives_a_stream) {
  NodeState dead{"b", std::string(4, '\x7f'), 7946, std::nullopt, 9, MemberState::kDead};
  for (const StreamMessage& message :
       {StreamMessage(PushPull{true, {dead, dead}, std::string(1000, '\0')}), StreamMessage(PushPull{}),
        StreamMessage(User{"bytes"}), StreamMessage(some_ping()), StreamMessage(Ack{1, std::nullopt}),
        StreamMessage(Err{"no"})}) {
    auto parsed = parse_stream(format_stream(message));
    ASSERT_TRUE(parsed.ok()) << parsed.error().text();
    EXPECT_EQ(*parsed, message);
  }
}

TEST(Message, one_bad_bit_under_a_checksum_drops_the_packet) {
  const std::string packet = add_crc(format(some_ping()));
  for (size_t i = kCrcOverhead; i < packet.size(); ++i) {
    std::string damaged = packet;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(parse_packet(damaged).ok()) << i;
  }
}

TEST(Message, a_part_that_cannot_be_read_costs_its_neighbours_nothing) {
  const std::string of_the_future = typed(static_cast<MessageType>(99), "\x81"), empty;
  auto parsed = parse_packet(format_compound({format(Nack{1}), of_the_future, empty, format(Nack{2})}));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, (std::vector<Message>{Nack{1}, Nack{2}}));
}

TEST(Message, cut_packets_are_refused) {
  const std::string compound = format_compound({format(some_ping()), format(Nack{1})});
  for (size_t size = 0; size < compound.size(); ++size) EXPECT_FALSE(parse_packet(compound.substr(0, size)).ok());
  const std::string ping = format(some_ping());
  for (size_t size = 0; size < ping.size(); ++size) EXPECT_FALSE(parse_packet(ping.substr(0, size)).ok());
}

TEST(Message, cut_streams_are_refused) {
  // Uncompressed, as other implementations may send it.
  const std::string header =
      MapFormatter().integer("Nodes", 0).integer("UserStateLen", 5).boolean("Join", true).bytes();
  const std::string whole = typed(MessageType::kPushPull, header + "state");
  ASSERT_TRUE(parse_stream(whole).ok());
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(parse_stream(whole.substr(0, size)).ok());
}

TEST(Message, a_false_count_of_nodes_is_refused) {
  for (uint64_t nodes : {uint64_t{1}, uint64_t{60000}, uint64_t{1} << 40}) {
    const auto header = MapFormatter().integer("Nodes", nodes).integer("UserStateLen", 0).boolean("Join", true);
    EXPECT_FALSE(parse_stream(typed(MessageType::kPushPull, header.bytes())).ok()) << nodes;
  }
}

TEST(Message, nesting_is_bounded) {
  std::string packet = format(Nack{1});
  for (size_t i = 0; i < kNestingMax; ++i) packet = add_crc(packet);
  EXPECT_TRUE(parse_packet(packet).ok());
  EXPECT_FALSE(parse_packet(add_crc(packet)).ok());
}

TEST(Message, the_number_of_messages_is_bounded_over_all_levels) {
  const std::vector<std::string> nacks(255, format(Nack{1}));
  const std::vector<std::string> compounds(10, format_compound(nacks));
  auto parsed = parse_packet(format_compound(compounds));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->size(), kPacketMessagesMax);
}

TEST(Message, decompression_is_bounded_over_all_parts) {
  const std::string quarter = compress(typed(MessageType::kUser, std::string(kPacketUnpackedBytesMax / 4, 'a')));
  auto parsed = parse_packet(format_compound({quarter, quarter, quarter, quarter, quarter, quarter}));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->size(), 3u);  // a type byte each: the fourth is just too much
  EXPECT_FALSE(parse_packet(compress(typed(MessageType::kUser, std::string(kPacketUnpackedBytesMax, 'a')))).ok());
}

TEST(Message, addresses_and_versions_have_their_size) {
  Alive alive{1, "b", std::string(5, 'x'), 7946, std::nullopt};
  EXPECT_FALSE(parse_packet(format(alive)).ok());
  alive.address.resize(4);
  EXPECT_TRUE(parse_packet(format(alive)).ok());
  const auto map = [](const std::string& versions) {
    return typed(MessageType::kAlive, MapFormatter().text("Addr", "abcd").text("Vsn", versions).bytes());
  };
  EXPECT_FALSE(parse_packet(map("12345")).ok());
  auto ancient = parse_packet(map(""));
  ASSERT_TRUE(ancient.ok());
  EXPECT_EQ(std::get<Alive>(ancient->front()).versions, Versions{});
}

TEST(Message, stream_and_packet_messages_do_not_mix) {
  EXPECT_FALSE(parse_stream(format(Nack{1})).ok());
  EXPECT_FALSE(parse_stream(compress(compress(format(some_ping())))).ok());
  EXPECT_FALSE(parse_packet(format_stream(PushPull{})).ok());
}

}  // namespace
}  // namespace skein::wire::memberlist
