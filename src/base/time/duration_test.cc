// `--limit 5m` must be five minutes, and a slip of the fingers an error, not a zero.
#include "base/time/duration.h"

#include <gtest/gtest.h>

namespace skein {
namespace {

using namespace std::chrono_literals;

TEST(Duration, is_read_as_go_reads_it) {
  EXPECT_EQ(*parse_duration("1h30m"), 90min);
  EXPECT_EQ(*parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  EXPECT_EQ(*parse_duration("-5m"), -5min);
  EXPECT_EQ(*parse_duration("0"), 0s);
}

TEST(Duration, is_written_as_go_writes_it) {
  EXPECT_EQ(format_duration(2h), "2h0m0s");
  EXPECT_EQ(format_duration(90s), "1m30s");
  EXPECT_EQ(format_duration(1500ms), "1.5s");
  EXPECT_EQ(format_duration(250us), "250µs");
  EXPECT_EQ(format_duration(-5min), "-5m0s");
  EXPECT_EQ(format_duration(0s), "0s");
}

TEST(Duration, what_has_passed_is_told_in_the_words_of_docker) {
  EXPECT_EQ(show_duration(0s), "Less than a second");
  EXPECT_EQ(show_duration(1s), "1 second");
  EXPECT_EQ(show_duration(59s), "59 seconds");
  EXPECT_EQ(show_duration(61s), "About a minute");
  EXPECT_EQ(show_duration(300s), "5 minutes");
  EXPECT_EQ(show_duration(1h), "About an hour");
  EXPECT_EQ(show_duration(2h), "2 hours");
  EXPECT_EQ(show_duration(72h), "3 days");
  EXPECT_EQ(show_duration(21 * 24h), "3 weeks");
  EXPECT_EQ(show_duration(90 * 24h), "3 months");
  EXPECT_EQ(show_duration(3 * 365 * 24h), "3 years");
}

TEST(Duration, what_is_none_is_refused) {
  for (const char* wrong : {"", "5", "x", "5y", "-", "s", "1s2", "99999999999h", "-0x"})
    EXPECT_FALSE(parse_duration(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace skein
