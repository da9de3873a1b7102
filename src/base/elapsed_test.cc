#include "base/elapsed.h"

#include <gtest/gtest.h>

namespace skein {
namespace {

TEST(Elapsed, is_told_in_the_words_of_docker) {
  using std::chrono::seconds;
  EXPECT_EQ(show_duration(seconds(0)), "Less than a second");
  EXPECT_EQ(show_duration(seconds(1)), "1 second");
  EXPECT_EQ(show_duration(seconds(59)), "59 seconds");
  EXPECT_EQ(show_duration(seconds(61)), "About a minute");
  EXPECT_EQ(show_duration(seconds(300)), "5 minutes");
  EXPECT_EQ(show_duration(seconds(3600)), "About an hour");
  EXPECT_EQ(show_duration(seconds(7200)), "2 hours");
  EXPECT_EQ(show_duration(seconds(86400 * 3)), "3 days");
  EXPECT_EQ(show_duration(seconds(86400 * 21)), "3 weeks");
  EXPECT_EQ(show_duration(seconds(86400 * 90)), "3 months");
  EXPECT_EQ(show_duration(seconds(86400ll * 365 * 3)), "3 years");
}

}  // namespace
}  // namespace skein
