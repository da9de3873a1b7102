// Log lines come out of the engine's stream whole and in order, however it is cut; garbage does no harm.
#include "agent/logs/log_lines.h"

#include <gtest/gtest.h>

namespace skein::agent {
namespace {

namespace api = docker::swarmkit::v1;

constexpr WallTime kTime{1'795'341'600'123'456'789};  // 2026-11-22T10:00:00.123456789Z
const std::string kPrefix = "2026-11-22T10:00:00.123456789Z ";

std::string frame(int stream, const std::string& payload) {
  std::string out(8, '\0');
  out[0] = static_cast<char>(stream);
  for (int i = 0; i < 4; ++i) out[7 - i] = static_cast<char>(payload.size() >> (8 * i));
  return out + payload;
}

std::vector<LogLine> read(LogLines::Form form, const std::string& bytes, size_t piece) {
  LogLines lines(form);
  std::vector<LogLine> out;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    EXPECT_TRUE(lines.add(bytes.substr(at, piece)).ok());
    while (auto line = lines.next()) out.push_back(*line);
  }
  lines.end();
  while (auto line = lines.next()) out.push_back(*line);
  return out;
}

TEST(LogLines, of_frames_come_with_their_stream_and_time) {
  const std::string bytes = frame(1, kPrefix + "hello\n") + frame(2, kPrefix + "oh no\n") + frame(1, kPrefix) +
                            frame(1, "") + frame(1, kPrefix + " indented, no line break");
  const std::vector<LogLine> expected{{api::STDOUT, kTime, "hello\n"},
                                      {api::STDERR, kTime, "oh no\n"},
                                      {api::STDOUT, kTime, " indented, no line break"}};
  for (size_t piece : {1u, 2u, 7u, 8u, 31u, 64u, 10'000u})
    EXPECT_EQ(read(LogLines::Form::kFrames, bytes, piece), expected) << piece;
}

TEST(LogLines, of_a_terminal_are_cut_at_their_ends) {
  const std::string bytes = kPrefix + "hello\r\n" + kPrefix + "\n" + kPrefix + "the last has no end";
  const std::vector<LogLine> expected{
      {api::STDOUT, kTime, "hello\r\n"}, {api::STDOUT, kTime, "\n"}, {api::STDOUT, kTime, "the last has no end"}};
  for (size_t piece : {1u, 3u, 40u, 10'000u}) EXPECT_EQ(read(LogLines::Form::kPlain, bytes, piece), expected) << piece;
}

TEST(LogLines, that_are_long_come_in_parts_of_one_time) {
  const std::string text = std::string(100'000, 'x') + "\n";
  for (auto form : {LogLines::Form::kFrames, LogLines::Form::kPlain}) {
    const std::string line = form == LogLines::Form::kFrames ? frame(1, kPrefix + text) : kPrefix + text;
    auto parts = read(form, line + line, 4096);
    std::string all;
    for (const auto& part : parts) {
      EXPECT_EQ(part.time, kTime);
      EXPECT_LE(part.data.size(), 16u << 10);
      all += part.data;
    }
    EXPECT_EQ(all, text + text);
  }
}

TEST(LogLines, without_a_time_keep_the_one_before) {
  for (const std::string& bad : {std::string("no time\n"), std::string("notime"), std::string("\n"),
                                 "2026-13-01T00:00:00Z x\n" + std::string(100, 'y'), std::string(60, 'z')}) {
    auto lines =
        read(LogLines::Form::kFrames, frame(1, kPrefix + "a\n") + frame(1, bad) + frame(1, kPrefix + "b\n"), 5);
    ASSERT_EQ(lines.size(), 3u) << bad;
    EXPECT_EQ(lines[1], (LogLine{api::STDOUT, kTime, bad}));
    EXPECT_EQ(lines[2].data, "b\n");
  }
  auto plain = read(LogLines::Form::kPlain, kPrefix + "a\nno time\n" + kPrefix + "b", 3);
  ASSERT_EQ(plain.size(), 3u);
  EXPECT_EQ(plain[1], (LogLine{api::STDOUT, kTime, "no time\n"}));
  EXPECT_EQ(plain[2].data, "b");
}

TEST(LogLines, that_are_no_frames_end_the_stream) {
  LogLines lines(LogLines::Form::kFrames);
  EXPECT_TRUE(lines.add(frame(1, kPrefix + "a\n") + "HTTP").ok());
  EXPECT_FALSE(lines.add("/1.1").ok());
  EXPECT_FALSE(lines.add(frame(1, kPrefix + "b\n")).ok());
  EXPECT_EQ(lines.next()->data, "a\n");
  EXPECT_FALSE(lines.next());
}

TEST(LogLines, of_a_frame_that_was_cut_off_are_dropped) {
  const std::string bytes = frame(1, kPrefix + "half a line\n");
  EXPECT_TRUE(read(LogLines::Form::kFrames, bytes.substr(0, bytes.size() - 1), 100).empty());
}

TEST(LogTime, is_read_with_any_offset_and_fraction) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), WallTime{0});
  EXPECT_EQ(parse_rfc3339("2026-11-22T10:00:00.123456789Z"), kTime);
  EXPECT_EQ(parse_rfc3339("2026-11-22T12:00:00.123456789+02:00"), kTime);
  EXPECT_EQ(parse_rfc3339("2026-11-22T04:30:00.1234567891-05:30"), kTime);
  EXPECT_EQ(parse_rfc3339("2026-11-22T10:00:00Z"), WallTime{1'795'341'600'000'000'000});
  EXPECT_EQ(parse_rfc3339("2026-11-22T10:00:00.5Z"), WallTime{1'795'341'600'500'000'000});
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z"), WallTime{1'709'164'800'000'000'000});
  EXPECT_TRUE(parse_rfc3339("2261-12-31T23:59:60-23:59"));
}

TEST(LogTime, that_is_none_is_refused) {
  for (const char* text : {"",
                           "x",
                           "2026-11-22",
                           "2026-11-22T10:00:00",
                           "2026-11-22 10:00:00Z",
                           "2026-13-22T10:00:00Z",
                           "2026-00-22T10:00:00Z",
                           "2026-02-29T10:00:00Z",
                           "2026-11-31T10:00:00Z",
                           "2026-11-00T10:00:00Z",
                           "2026-11-22T24:00:00Z",
                           "2026-11-22T10:60:00Z",
                           "2026-11-22T10:00:00.Z",
                           "2026-11-22T10:00:00Zx",
                           "2026-11-22T10:00:00+2:00",
                           "2026-11-22T10:00:00+24:00",
                           "1969-12-31T23:59:59Z",
                           "9999-01-01T00:00:00Z",
                           "1970-01-01T00:00:00+01:00",
                           "-026-11-22T10:00:00Z",
                           "2026-11-22T10:00:00.+5Z"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

}  // namespace
}  // namespace skein::agent
