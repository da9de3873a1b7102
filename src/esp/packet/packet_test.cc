// What leaves one host must arrive at the other as it was, and nothing else: not a bit changed, not a packet twice.
#include "esp/packet/packet.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/addresses_for_test.h"
#include "esp/crypto/key_for_test.h"
#include "esp/packet/frames_for_test.h"
#include "esp/path/inbound.h"
#include "esp/path/outbound.h"

namespace skein::esp {
namespace {

constexpr uint32_t kSpi = 0x12345678;

Config config_of(Ipv4 local, const Peer& peer) {
  Config config{.tap = "t", .local = local};
  config.peers = {peer};
  return config;
}

// A sender and a receiver with all between them but the network.
class TwoEnds : private BatchSender {
 public:
  explicit TwoEnds(Peer form, Random& random) : aead_(make_best_aead()), form_(std::move(form)) {
    state_ = StateFile::open("", random).value();
    far_state_ = StateFile::open("", random).value();
    Peer to = form_, from = form_;
    to.address = kThere, to.out = Sa{kSpi, key_of(1)};
    from.address = kHere, from.in = {{kSpi, key_of(1)}};
    sender_ = Tables::make(config_of(kHere, to), nullptr, {*aead_, *state_, random, 1}).value();
    receiver_ = Tables::make(config_of(kThere, from), nullptr, {*aead_, *far_state_, random, 1}).value();
  }

  // The packets, one by one.
  std::vector<Bytes> seal(Bytes tap) {
    packets_.clear();
    send_tap_frame(*sender_, tap, {0, batch_, *this, drops});
    send(batch_);
    return packets_;
  }
  void deliver(Bytes packet) {
    Bytes& kept = kept_.emplace_back(std::move(packet));
    receive_udp(*receiver_, kHere, kept, kept.size(), {0, joiner_, drops});
  }
  std::vector<Bytes> written() {
    joiner_.flush();
    return std::exchange(sink_.written, {});
  }

  DropCounts drops;
  std::vector<SendBatch::Message> messages;

 private:
  void send(SendBatch& batch) override {
    for (const auto& message : batch.messages()) {
      messages.push_back(message);
      const uint8_t* bytes = batch.bytes_of(message);
      for (size_t at = 0; at < message.bytes; at += message.segment_bytes)
        packets_.emplace_back(bytes + at, bytes + std::min(message.bytes, at + message.segment_bytes));
    }
    batch.clear();
  }

  std::unique_ptr<Aead> aead_;
  Peer form_;
  std::shared_ptr<StateFile> state_, far_state_;
  std::shared_ptr<const Tables> sender_, receiver_;
  SendBatch batch_{4500};
  KeptFrames sink_;
  Joiner joiner_{sink_};
  std::vector<Bytes> packets_;
  std::deque<Bytes> kept_;
};

Peer docker_peer() { return {.form = Form::kEsp, .icv_bytes = 8, .has_esn = false, .has_offload = false}; }

// Against the letter of RFC 4303 and 4106, opened by OpenSSL alone.
TEST(EspPacket, has_every_field_in_its_place) {
  SeededRandom random(31);
  for (const Peer& peer : {Peer{}, docker_peer()}) {
    TwoEnds ends(peer, random);
    for (size_t size : {60, 61, 62, 63}) {
      const Bytes frame = random_bytes(random, size);
      auto packets = ends.seal(as_tap(frame, {}));
      ASSERT_EQ(packets.size(), 1u);
      Bytes packet = packets[0];
      EXPECT_EQ(load32(packet.data()), kSpi);
      EXPECT_EQ(load32(&packet[4]), static_cast<uint32_t>(size - 59));
      Bytes nonce(4), associated(packet.begin(), packet.begin() + 8);
      store32(nonce.data(), kSpi);
      nonce.insert(nonce.end(), packet.begin() + 8, packet.begin() + 16);
      if (peer.has_esn) associated.insert(associated.begin() + 4, 4, 0);
      const std::span<uint8_t> icv = std::span(packet).last(peer.icv_bytes);
      const std::span<uint8_t> text = std::span(packet).subspan(16, packet.size() - 16 - peer.icv_bytes);
      auto key = make_openssl_aead()->make_key(key_of(1), Direction::kOpen, 1);
      ASSERT_TRUE(key->open(0, {nonce.data(), associated, text, icv}));
      const size_t padding = text[text.size() - 2];
      EXPECT_EQ(text.back(), 17);
      EXPECT_EQ(text.size() % 4, 0u);
      ASSERT_EQ(text.size(), 16 + size + padding + 2);
      for (size_t i = 0; i < padding; ++i) EXPECT_EQ(text[16 + size + i], i + 1);
      EXPECT_EQ(load16(&text[0]), kWay.source_port);
      EXPECT_EQ(load16(&text[2]), 4789);
      EXPECT_EQ(load16(&text[4]), 16 + size);
      EXPECT_EQ(load16(&text[6]), 0);
      EXPECT_EQ(load32(&text[8]), 0x08000000u);
      EXPECT_EQ(load32(&text[12]), 4097u << 8);
      EXPECT_EQ(Bytes(text.begin() + 16, text.begin() + 16 + static_cast<std::ptrdiff_t>(size)), frame);
    }
  }
}

TEST(EspPacket, what_containers_sent_arrives) {
  SeededRandom random(32);
  TwoEnds ours(Peer{}, random), dockers(docker_peer(), random);
  for (int round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    TwoEnds& ends = round % 2 ? ours : dockers;
    FrameSpec spec;
    spec.is_v6 = random.below(2);
    spec.is_udp = random.below(3) == 0;
    const size_t gso = 100 + random.below(1300);
    spec.payload = random_bytes(random, gso + 1 + random.below(std::min<size_t>(50000, 100 * gso)));
    auto packets = ends.seal(as_tap(make_frame(spec, true), vnet_for(spec, true, gso)));
    for (Bytes& packet : packets) ends.deliver(std::move(packet));
    auto written = ends.written();
    if (!spec.is_udp) {
      ASSERT_EQ(written.size(), 1u);
      ASSERT_EQ(written[0], as_tap(make_frame(spec, true), vnet_for(spec, true, gso)));
      continue;
    }
    const bool is_partial = round % 2;
    const auto wanted = cut_plainly(spec, gso, is_partial);
    ASSERT_EQ(written.size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i)
      ASSERT_EQ(written[i], as_tap(wanted[i], vnet_for(spec, is_partial, 0))) << i;
  }
}

TEST(EspPacket, a_train_takes_as_few_messages_as_the_kernel_allows) {
  SeededRandom random(33);
  TwoEnds ends(Peer{}, random);
  FrameSpec spec;
  spec.payload = Bytes(58000, 1);
  ends.seal(as_tap(make_frame(spec, true), vnet_for(spec, true, 1358)));
  ASSERT_EQ(ends.messages.size(), 1u);
  EXPECT_EQ(ends.messages[0].segments, 43);
  ends.messages.clear();
  spec.payload = Bytes(60000, 1);
  ends.seal(as_tap(make_frame(spec, true), vnet_for(spec, true, 100)));
  ASSERT_EQ(ends.messages.size(), 5u);
  for (const auto& message : ends.messages) {
    EXPECT_LE(message.segments, 128);
    EXPECT_LE(message.bytes, 65507u);
  }
}

TEST(EspPacket, nothing_changed_repeated_or_cut_arrives) {
  SeededRandom random(34);
  TwoEnds ends(Peer{}, random);
  const Bytes frame = random_bytes(random, 100);
  const Bytes packet = ends.seal(as_tap(frame, {}))[0];
  for (size_t bit = 0; bit < packet.size() * 8; ++bit) {
    Bytes changed = packet;
    changed[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    ends.deliver(changed);
  }
  for (size_t size = 1; size < packet.size(); ++size)
    ends.deliver(Bytes(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size)));
  EXPECT_TRUE(ends.written().empty());
  EXPECT_EQ(ends.drops.of(Drop::kUnknownSpi), 32u);
  EXPECT_EQ(ends.drops.of(Drop::kNotEsp), 1u);
  EXPECT_EQ(ends.drops.of(Drop::kBadIcv) + ends.drops.of(Drop::kTruncated) + ends.drops.of(Drop::kTooOld),
            (packet.size() - 4) * 8 + packet.size() - 2);
  // All that made no difference to the real one.
  ends.deliver(packet);
  EXPECT_EQ(ends.written().size(), 1u);
  ends.deliver(packet);
  EXPECT_TRUE(ends.written().empty());
  EXPECT_EQ(ends.drops.of(Drop::kReplayed), 1u);
}

TEST(EspPacket, packets_out_of_order_arrive_each_once) {
  SeededRandom random(35);
  TwoEnds ends(Peer{}, random);
  std::vector<Bytes> packets;
  packets.reserve(300);
  for (int i = 0; i < 300; ++i) packets.push_back(ends.seal(as_tap(random_bytes(random, 60), {}))[0]);
  for (size_t i = packets.size(); i-- > 1;) std::swap(packets[i], packets[random.below(i + 1)]);
  for (int twice = 0; twice < 2; ++twice)
    for (const Bytes& packet : packets) ends.deliver(packet);
  EXPECT_EQ(ends.written().size(), 300u);
  EXPECT_EQ(ends.drops.of(Drop::kReplayed), 300u);
}

// 2^32 packets under one key without extended numbers, then silence (RFC 4303 section 3.3.3).
TEST(EspPacket, numbers_never_wrap) {
  auto last_sent = std::make_shared<std::atomic<uint64_t>>(UINT32_MAX - 3);
  auto aead = make_openssl_aead();
  OutboundSa plain({kSpi, key_of(1)}, {16, false}, aead->make_key(key_of(1), Direction::kSeal, 1), last_sent, 0);
  EXPECT_EQ(plain.take_numbers(2), UINT32_MAX - 2);
  EXPECT_FALSE(plain.take_numbers(2));
  EXPECT_EQ(plain.take_numbers(1), UINT32_MAX);
  EXPECT_FALSE(plain.take_numbers(1));
  OutboundSa extended({kSpi, key_of(1)}, {16, true}, aead->make_key(key_of(1), Direction::kSeal, 1), last_sent, 0);
  EXPECT_EQ(extended.take_numbers(1), uint64_t{1} << 32);
}

// The high half of a number is sealed but not sent.
TEST(EspPacket, crosses_the_boundary_of_32_bits) {
  auto aead = make_best_aead();
  auto last_sent = std::make_shared<std::atomic<uint64_t>>(UINT32_MAX - 10);
  auto window = std::make_shared<WindowState>();
  window->top = UINT32_MAX - 10;
  OutboundSa out({kSpi, key_of(1)}, {16, true}, aead->make_key(key_of(1), Direction::kSeal, 1), last_sent, 99);
  InboundSa in({kSpi, key_of(1)}, {16, true}, aead->make_key(key_of(1), Direction::kOpen, 1), window);
  for (int i = 0; i < 20; ++i) {
    Bytes packet(sealed_bytes(60, 16));
    seal_packet(out, 0, packet, 60, {50000, 4789, Vni{1}}, out.take_numbers(1).value());
    EXPECT_EQ(open_packet(in, 0, packet, 4789).drop, Drop::kNone) << i;
  }
  EXPECT_EQ(window->top, uint64_t{UINT32_MAX} + 10);
}

TEST(EspPacket, frames_without_a_way_are_counted) {
  SeededRandom random(36);
  TwoEnds ends(Peer{}, random);
  Outer to_nobody = kWay;
  to_nobody.local = ip("10.99.0.3");
  EXPECT_TRUE(ends.seal(as_tap(Bytes(60), {}, to_nobody)).empty());
  EXPECT_EQ(ends.drops.of(Drop::kTapUnknownPeer), 1u);
  EXPECT_TRUE(ends.seal(Bytes(10)).empty());
  EXPECT_EQ(ends.drops.of(Drop::kTapMalformed), 1u);
  EXPECT_TRUE(ends.seal(as_tap(Bytes(65480), {})).empty());
  EXPECT_EQ(ends.drops.of(Drop::kTooLong), 1u);
}

}  // namespace
}  // namespace skein::esp
