// Containers hand over trains of up to 64 KB; what is cut from them must be what they would have sent one by one.
#include "esp/packet/tap_frame.h"

#include <gtest/gtest.h>

#include "esp/packet/frames_for_test.h"

namespace skein::esp {
namespace {

FrameSpec random_spec(Random& random) {
  FrameSpec spec;
  spec.is_v6 = random.below(2);
  spec.is_udp = random.below(3) == 0;
  spec.options_bytes = random.below(2) ? 12 : 0;
  spec.flags = static_cast<uint8_t>(0x10 | (random.below(2) ? 0x09 : 0) | (random.below(4) == 0 ? 0x80 : 0));
  spec.sequence = static_cast<uint32_t>(random.u64());
  spec.ip_id = static_cast<uint16_t>(random.u64());
  return spec;
}

TEST(TapFrame, a_train_is_cut_as_by_the_letter) {
  SeededRandom random(11);
  for (int round = 0; round < 400; ++round) {
    SCOPED_TRACE(round);
    FrameSpec spec = random_spec(random);
    const size_t gso = 1 + random.below(round % 3 ? 1500 : 40);
    spec.payload = random_bytes(random, 1 + random.below(gso * (round % 7 ? 10 : 40)));
    const bool leaves = random.below(2);
    Bytes tap = as_tap(make_frame(spec, true), vnet_for(spec, true, gso));
    auto frame = parse_tap_frame(tap);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->outer.peer, kThere);
    EXPECT_EQ(frame->outer.vni, kWay.vni);
    EXPECT_EQ(frame->outer.source_port, kWay.source_port);
    const Segments segments(*frame, leaves);
    const auto wanted = cut_plainly(spec, gso, leaves);
    ASSERT_EQ(segments.count(), wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) {
      Bytes one(segments.size_of(i));
      segments.write(i, one.data());
      ASSERT_EQ(one, wanted[i]) << i;
    }
  }
}

TEST(TapFrame, a_single_frame_gets_its_checksum_or_keeps_it_out) {
  SeededRandom random(12);
  for (int round = 0; round < 200; ++round) {
    FrameSpec spec = random_spec(random);
    spec.payload = random_bytes(random, random.below(1400));
    const bool leaves = random.below(2), comes_partial = random.below(2);
    Bytes tap = as_tap(make_frame(spec, comes_partial), vnet_for(spec, comes_partial, 0));
    auto frame = parse_tap_frame(tap);
    ASSERT_TRUE(frame);
    const Segments segments(*frame, leaves);
    EXPECT_EQ(segments.is_partial(), leaves && comes_partial);
    Bytes one(segments.size_of(0));
    segments.write(0, one.data());
    ASSERT_EQ(one, make_frame(spec, leaves && comes_partial)) << round;
  }
}

// A checksum where the receiver would not look for it is computed, whatever the peer takes.
TEST(TapFrame, an_unusual_checksum_is_always_computed) {
  Bytes frame = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x12, 0x34, 1, 2, 3, 4, 0, 0, 5, 6};
  VnetHeader vnet{.flags = kVnetNeedsChecksum, .checksum_start = kOuterBytes + 14, .checksum_offset = 4};
  Bytes tap = as_tap(frame, vnet);
  auto parsed = parse_tap_frame(tap);
  ASSERT_TRUE(parsed);
  const Segments segments(*parsed, true);
  EXPECT_FALSE(segments.is_partial());
  Bytes one(segments.size_of(0));
  segments.write(0, one.data());
  EXPECT_EQ(load16(&one[18]), static_cast<uint16_t>(~(0x0102 + 0x0304 + 0x0506)));
}

TEST(TapFrame, headers_that_contradict_the_frame_are_refused) {
  FrameSpec spec;
  spec.payload = Bytes(3000, 1);
  const VnetHeader good = vnet_for(spec, true, 1000);
  const Bytes frame = make_frame(spec, true);
  auto refused = [&](VnetHeader vnet) {
    Bytes tap = as_tap(frame, vnet);
    return !parse_tap_frame(tap);
  };
  ASSERT_FALSE(refused(good));
  VnetHeader vnet = good;
  vnet.gso_bytes = 0;
  EXPECT_TRUE(refused(vnet));
  vnet = good, vnet.gso_type = kGsoTcp6;
  EXPECT_TRUE(refused(vnet));
  vnet = good, vnet.gso_type = kGsoUdp;
  EXPECT_TRUE(refused(vnet));
  vnet = good, vnet.gso_type = 3;
  EXPECT_TRUE(refused(vnet));
  vnet = good, vnet.flags = 0;
  EXPECT_TRUE(refused(vnet));
  vnet = good, vnet.checksum_start += 2;
  EXPECT_TRUE(refused(vnet));
  vnet = {}, vnet.flags = kVnetNeedsChecksum, vnet.checksum_start = 60000;
  EXPECT_TRUE(refused(vnet));
  vnet = {}, vnet.flags = kVnetNeedsChecksum, vnet.checksum_start = 2;
  EXPECT_TRUE(refused(vnet));
  for (size_t place : {12, 14, 23, 42}) {  // no IPv4, options, no UDP, no VNI
    Bytes other = as_tap(frame, good);
    other[kVnetBytes + place] ^= 0x0f;
    EXPECT_FALSE(parse_tap_frame(other)) << place;
  }
  for (size_t size = 0; size < kVnetBytes + kOuterBytes + kEthernetBytes; ++size) {
    Bytes cut = as_tap(frame, {});
    cut.resize(size);
    EXPECT_FALSE(parse_tap_frame(cut)) << size;
  }
}

}  // namespace
}  // namespace skein::esp
