// What a member's answers say of the way to it.
#include <gtest/gtest.h>

#include "base/random.h"
#include "gossip/members/prober.h"

namespace skein::gossip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct ProvenWaysTest : ::testing::Test {
  SeededRandom random{1};
  TimePoint now{0};
  GossipTimings timings;
  Membership membership{"self", address_of(1), timings, random, now};
  Prober prober{membership, timings, random, now};

  static PeerAddress address_of(uint32_t host) { return {IpAddress::from(Ipv4{0x0a000000 + host}), 7946}; }
  void SetUp() override {
    membership.on_alive({1, "other", to_octets(address_of(2).host), 7946, "", memberlist::kOurVersions}, now);
  }
  // Until the next ping of ours, whose sequence this is.
  uint32_t next_ping() {
    for (int looks = 0; looks < 100; ++looks) {
      now = std::max(now, prober.next_deadline());
      prober.on_timer(now);
      for (const ProberOutput& output : prober.take_outputs())
        if (auto* say = std::get_if<SayMessages>(&output))
          if (auto* ping = std::get_if<memberlist::Ping>(&say->messages.front())) return ping->sequence;
    }
    ADD_FAILURE() << "no ping";
    return 0;
  }
  bool has_answered() const { return prober.has_answered(address_of(2).host); }
};

TEST_F(ProvenWaysTest, the_way_to_a_host_is_proven_by_its_answer_only) {
  const uint32_t ping = next_ping();
  EXPECT_FALSE(has_answered());
  prober.on_ping({9, "self", "", 0, "other"}, address_of(2), "");
  EXPECT_FALSE(has_answered()) << "that it reaches us proves nothing of the way to it";
  EXPECT_FALSE(prober.on_ack({ping + 1, ""}, address_of(2).host));
  EXPECT_FALSE(has_answered());
  EXPECT_EQ(prober.on_ack({ping, ""}, address_of(2).host), "other");
  EXPECT_TRUE(has_answered());
}

TEST_F(ProvenWaysTest, an_answer_by_way_of_others_proves_nothing) {
  EXPECT_EQ(prober.on_ack({next_ping(), ""}, address_of(3).host), "other");
  EXPECT_FALSE(has_answered());
}

TEST_F(ProvenWaysTest, who_does_not_answer_in_time_has_to_be_asked_for_again) {
  prober.on_ack({next_ping(), ""}, address_of(2).host);
  const uint32_t second = next_ping();
  EXPECT_TRUE(has_answered()) << "as the time before";
  now = now + timings.probe_timeout;
  prober.on_timer(now);
  EXPECT_FALSE(has_answered());
  prober.on_ack({second, ""}, address_of(2).host);
  EXPECT_FALSE(has_answered()) << "too late to say by which way";
  prober.on_ack({next_ping(), ""}, address_of(2).host);
  EXPECT_TRUE(has_answered());
}

}  // namespace
}  // namespace skein::gossip
