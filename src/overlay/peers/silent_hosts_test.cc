// Connections to a dead host must not hang for ever, and those to a host whose daemon died must not break.
#include "overlay/peers/silent_hosts.h"

#include <gtest/gtest.h>

#include "base/addresses_for_test.h"

namespace skein::overlay {
namespace {

using namespace std::chrono_literals;

const Ipv4 kSilent = ip("192.168.1.12");
const TimePoint kBegin{1'000'000'000'000};

struct SilentHostsTest : testing::Test {
  SilentHosts hosts;
  // Asks every ten seconds until `end`.
  void ask(Duration begin, Duration end, bool answers) {
    for (Duration at = begin; at < end; at += 10s) {
      EXPECT_EQ(hosts.take_due({kSilent}, kBegin + at), std::vector{kSilent});
      hosts.told(kSilent, answers, kBegin + at);
    }
  }
};

TEST_F(SilentHostsTest, who_answers_nothing_for_a_minute_is_dead) {
  ask(0s, 60s, false);
  EXPECT_TRUE(hosts.dead(kBegin + 59s).empty());
  EXPECT_EQ(hosts.dead(kBegin + 60s), std::set{kSilent});
}

TEST_F(SilentHostsTest, one_answer_begins_the_minute_anew) {
  ask(0s, 50s, false);
  ask(50s, 60s, true);
  ask(60s, 120s, false);
  EXPECT_TRUE(hosts.dead(kBegin + 119s).empty());
  EXPECT_EQ(hosts.dead(kBegin + 120s), std::set{kSilent});
}

TEST_F(SilentHostsTest, one_question_at_a_time) {
  EXPECT_EQ(hosts.take_due({kSilent}, kBegin), std::vector{kSilent});
  EXPECT_TRUE(hosts.take_due({kSilent}, kBegin + 1h).empty()) << "still open";
  EXPECT_EQ(hosts.next_deadline(), TimePoint::never());
  hosts.told(kSilent, true, kBegin + 1h);
  EXPECT_EQ(hosts.next_deadline(), kBegin + 1h + 10s);
}

TEST_F(SilentHostsTest, who_speaks_again_is_forgotten) {
  ask(0s, 70s, false);
  EXPECT_TRUE(hosts.take_due({}, kBegin + 70s).empty());
  EXPECT_TRUE(hosts.dead(kBegin + 70s).empty());
  hosts.told(kSilent, false, kBegin + 71s);
  EXPECT_EQ(hosts.next_deadline(), TimePoint::never());
}

}  // namespace
}  // namespace skein::overlay
