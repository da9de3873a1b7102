// Joining is half of the speed of bulk transfers; a wrong join is corrupted data.
#include "esp/path/joiner.h"

#include <gtest/gtest.h>

#include <deque>

#include "esp/packet/frames_for_test.h"

namespace skein::esp {
namespace {

// Frames as they lie in receive buffers.
class Received {
 public:
  explicit Received(Joiner& joiner) : joiner_(joiner) {}
  void add(const Bytes& frame, bool is_partial, const Outer& way = kWay) {
    joiner_.add(kept_.emplace_back(frame), way, is_partial);
  }

 private:
  Joiner& joiner_;
  std::deque<Bytes> kept_;
};

// What was cut comes out as the train it was: with random breaks, every byte of payload in order, with right headers.
TEST(Joiner, segments_of_a_train_become_the_train_again) {
  SeededRandom random(21);
  for (int round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    FrameSpec spec;
    spec.is_v6 = random.below(2);
    spec.flags = random.below(2) ? 0x18 : 0x10;
    spec.sequence = static_cast<uint32_t>(random.u64());
    const size_t gso = 500 + random.below(900);
    spec.payload = random_bytes(random, 2 * gso + random.below(gso * 30));
    const bool is_partial = random.below(2);
    KeptFrames sink;
    Joiner joiner(sink);
    Received received(joiner);
    for (const Bytes& one : cut_plainly(spec, gso, is_partial)) received.add(one, is_partial);
    EXPECT_TRUE(sink.written.empty());
    joiner.flush();
    ASSERT_EQ(sink.written.size(), 1u);
    EXPECT_EQ(sink.written[0], as_tap(make_frame(spec, true), vnet_for(spec, true, gso)));
  }
}

struct Change {
  const char* what;
  void (*apply)(FrameSpec&);
};

TEST(Joiner, what_differs_stays_apart) {
  const Change changes[] = {
      {"gap", [](FrameSpec& spec) { spec.sequence += 1; }},
      {"repeat", [](FrameSpec& spec) { spec.sequence -= 100; }},
      {"port", [](FrameSpec& spec) { spec.source_port += 1; }},
      {"longer", [](FrameSpec& spec) { spec.payload.push_back(0); }},
      {"options", [](FrameSpec& spec) { spec.options_bytes = 8; }},
      {"fin", [](FrameSpec& spec) { spec.flags |= 1; }},
      {"syn", [](FrameSpec& spec) { spec.flags |= 2; }},
      {"rst", [](FrameSpec& spec) { spec.flags |= 4; }},
      {"urgent", [](FrameSpec& spec) { spec.flags |= 0x20; }},
      {"cwr", [](FrameSpec& spec) { spec.flags |= 0x80; }},
      {"empty", [](FrameSpec& spec) { spec.payload.clear(); }},
      {"udp", [](FrameSpec& spec) { spec.is_udp = true; }},
      {"family", [](FrameSpec& spec) { spec.is_v6 = true; }},
  };
  FrameSpec first;
  first.payload = Bytes(100, 7);
  FrameSpec second = first;
  second.sequence += 100;
  auto writes = [&](const FrameSpec& other, const Outer& way = kWay, bool is_partial = false) {
    KeptFrames sink;
    Joiner joiner(sink);
    Received received(joiner);
    received.add(make_frame(first, false), false);
    received.add(make_frame(other, is_partial), is_partial, way);
    joiner.flush();
    return sink.written.size();
  };
  ASSERT_EQ(writes(second), 1u);
  for (const Change& change : changes) {
    FrameSpec other = second;
    change.apply(other);
    EXPECT_EQ(writes(other), 2u) << change.what;
  }
  Outer other_network = kWay, other_peer = kWay;
  other_network.vni.value += 1, other_peer.peer.value += 1;
  EXPECT_EQ(writes(second, other_network), 2u);
  EXPECT_EQ(writes(second, other_peer), 2u);
  EXPECT_EQ(writes(second, kWay, true), 2u);
  // Each header byte that must be equal: the acknowledgement, the window, the type of service.
  for (size_t at : {size_t{15}, size_t{22}, size_t{34 + 8}, size_t{34 + 14}, size_t{34 + 25}}) {
    KeptFrames sink;
    Joiner joiner(sink);
    Received received(joiner);
    received.add(make_frame(first, true), true);
    Bytes changed = make_frame(second, true);
    changed[at] ^= 1;
    received.add(changed, true);
    joiner.flush();
    EXPECT_EQ(sink.written.size(), 2u) << at;
  }
}

TEST(Joiner, push_and_a_shorter_segment_end_a_train) {
  FrameSpec spec;
  spec.payload = Bytes(100, 7);
  for (bool is_push : {true, false}) {
    KeptFrames sink;
    Joiner joiner(sink);
    Received received(joiner);
    FrameSpec one = spec;
    received.add(make_frame(one, true), true);
    one.sequence += 100;
    if (is_push) one.flags |= 8;
    if (!is_push) one.payload.pop_back();
    received.add(make_frame(one, true), true);
    one.sequence += static_cast<uint32_t>(one.payload.size());
    one.flags = 0x10;
    received.add(make_frame(one, true), true);
    joiner.flush();
    EXPECT_EQ(sink.written.size(), 2u) << is_push;
  }
}

// The kernel believes the checksum of a train; a frame that was broken before it was sealed must reach it alone.
TEST(Joiner, a_wrong_checksum_is_left_to_the_kernel) {
  FrameSpec spec;
  spec.payload = Bytes(100, 7);
  for (size_t broken : {0, 1, 2}) {
    KeptFrames sink;
    Joiner joiner(sink);
    Received received(joiner);
    FrameSpec one = spec;
    for (size_t i = 0; i < 3; ++i, one.sequence += 100) {
      Bytes frame = make_frame(one, false);
      if (i == broken) frame.back() ^= 1;
      received.add(frame, false);
    }
    joiner.flush();
    ASSERT_EQ(sink.written.size(), broken == 1 ? 3u : 2u) << broken;
    for (const Bytes& written : sink.written)
      if (written.size() < 250) {
        EXPECT_EQ(written[0], 0) << "no claim about its checksum";
      }
  }
}

TEST(Joiner, other_frames_pass_unchanged) {
  SeededRandom random(5);
  KeptFrames sink;
  Joiner joiner(sink);
  Received received(joiner);
  std::vector<Bytes> wanted;
  for (int i = 0; i < 100; ++i) {
    Bytes frame = random_bytes(random, 14 + random.below(200));
    received.add(frame, false);
    wanted.push_back(as_tap(frame, {}));
  }
  joiner.flush();
  EXPECT_EQ(sink.written, wanted);
}

}  // namespace
}  // namespace skein::esp
