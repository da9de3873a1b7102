// `--until 1h` and `--since 2026-11-22` must mean what they say: a prune removes what lies before them.
#include "base/time/moment.h"

#include <gtest/gtest.h>

namespace skein {
namespace {

const WallTime kNow{1'795'382'240'500'000'000};

TEST(Moment, times_are_read_as_rfc_3339_and_as_dates) {
  EXPECT_EQ(parse_time("2026-11-22T21:17:20.386098838Z")->ns, 1'795'382'240'386'098'838);
  EXPECT_EQ(parse_time("2026-11-22T22:17:20+01:00")->ns, 1'795'382'240'000'000'000);
  EXPECT_EQ(parse_time("2026-11-22T21:17")->ns, 1'795'382'220'000'000'000);
  EXPECT_EQ(parse_time("2026-11-22")->ns, 1'795'305'600'000'000'000);
  EXPECT_EQ(parse_time("0001-01-01T00:00:00Z")->ns, 0);
  for (const char* wrong : {"", "yesterday", "2026-11-22T21", "2026-11-22Tx"})
    EXPECT_FALSE(parse_time(wrong).ok()) << wrong;
}

TEST(Moment, moments_are_durations_before_now_unix_times_or_times) {
  const std::pair<const char*, int64_t> kMoments[] = {
      {"10s", kNow.ns - 10'000'000'000},
      {"1h30m", kNow.ns - 5'400'000'000'000},
      {"-10s", kNow.ns + 10'000'000'000},
      {"1795382230", 1'795'382'230'000'000'000},
      {"1795382256.5", 1'795'382'256'500'000'000},
      {"1795382256.0000000019", 1'795'382'256'000'000'001},
      {"2026-11-22T22:40:32Z", 1'795'387'232'000'000'000},
  };
  for (const auto& [text, ns] : kMoments) {
    const auto moment = parse_moment(text, kNow);
    ASSERT_TRUE(moment.ok()) << text;
    EXPECT_EQ(moment->ns, ns) << text;
  }
  for (const char* wrong : {"", "x", "-1", ".", "1.x", "1 2", "1.2.3", "99999999999999999999", "T", "9999-01-01"})
    EXPECT_FALSE(parse_moment(wrong, kNow).ok()) << wrong;
}

}  // namespace
}  // namespace skein
