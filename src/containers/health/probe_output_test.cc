#include "containers/health/probe_output.h"

#include <gtest/gtest.h>

namespace skein::containers {
namespace {

std::string in_frame(char stream, const std::string& text) {
  std::string head(8, '\0');
  head[0] = stream;
  head[6] = static_cast<char>(text.size() >> 8);
  head[7] = static_cast<char>(text.size() & 255);
  return head + text;
}

TEST(ProbeOutputTest, both_streams_make_one_text_however_they_are_cut) {
  const std::string bytes = in_frame(1, "out\n") + in_frame(2, "") + in_frame(2, "err\n");
  for (size_t size = 1; size <= bytes.size(); ++size) {
    ProbeOutput output;
    for (size_t at = 0; at < bytes.size(); at += size) output.add(std::string_view(bytes).substr(at, size));
    EXPECT_EQ(output.text(), "out\nerr\n");
  }
}

// What a check writes must not grow the daemon.
TEST(ProbeOutputTest, the_beginning_of_much_is_kept) {
  ProbeOutput output;
  output.add(in_frame(1, std::string(4095, 'a')));
  output.add(in_frame(1, "b"));
  EXPECT_EQ(output.text(), std::string(4095, 'a') + "b");
  output.add(in_frame(1, "c"));
  EXPECT_EQ(output.text(), std::string(4095, 'a') + "b...");
}

}  // namespace
}  // namespace skein::containers
