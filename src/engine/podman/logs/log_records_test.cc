// A log that shows half lines as lines, or the same line twice, sends its reader after the wrong fault.
#include "engine/podman/logs/log_records.h"

#include <gtest/gtest.h>

#include <vector>

namespace skein::engine {
namespace {

const std::string kFirst = "2026-11-30T21:07:48.123456789", kSecond = "2026-11-30T21:07:49.000000001";

std::string written(const std::string& time, const char* stream, char tag, const std::string& text) {
  return time + "+00:00 " + stream + " " + tag + " " + text + "\n";
}
std::vector<LogRecord> records_of(const std::string& bytes, size_t piece_bytes, bool is_over = true) {
  LogRecords records;
  for (size_t at = 0; at < bytes.size(); at += piece_bytes) records.add(bytes.substr(at, piece_bytes));
  if (is_over) records.end();
  std::vector<LogRecord> out;
  while (auto record = records.next()) out.push_back(*record);
  return out;
}

TEST(LogRecords, are_lines_however_they_were_written_and_read) {
  const std::string bytes = written(kFirst, "stdout", 'P', "ha") + written(kFirst, "stderr", 'F', "") +
                            written(kSecond, "stdout", 'F', "lf") + written(kSecond, "stdout", 'P', "no end");
  const std::vector<LogRecord> wanted{
      {2, kFirst + "Z", "\n"}, {1, kSecond + "Z", "half\n"}, {1, kSecond + "Z", "no end"}};
  for (size_t piece = 1; piece <= bytes.size(); ++piece) EXPECT_EQ(records_of(bytes, piece), wanted) << piece;
  EXPECT_EQ(records_of(bytes, bytes.size(), false).size(), 2u) << "a line that is not over, while more may come";
}

TEST(LogRecords, cut_long_lines_as_docker_does) {
  const std::string text(kLogPartBytes, 'x');
  const std::string bytes = written(kFirst, "stdout", 'P', text + "y") + written(kSecond, "stdout", 'F', text + "z");
  EXPECT_EQ(records_of(bytes, 8192),
            (std::vector<LogRecord>{
                {1, kFirst + "Z", text}, {1, kFirst + "Z", "y" + text.substr(1)}, {1, kFirst + "Z", "xz\n"}}));
  EXPECT_EQ(records_of(written(kFirst, "stdout", 'F', text), 8192),
            (std::vector<LogRecord>{{1, kFirst + "Z", text}, {1, kFirst + "Z", "\n"}}));
}

TEST(LogRecords, leave_out_what_is_no_line) {
  const std::string good = written(kFirst, "stdout", 'F', "good");
  const std::string bad = "x\n" + kFirst + "+00:00 stdin! F x\nxxxx-11-30T21:07:48.123456789+01:00 stdout F x\n\n";
  EXPECT_EQ(records_of(bad + std::string(5000, '\0') + good + bad, 100),
            (std::vector<LogRecord>{{1, kFirst + "Z", "good\n"}}));
  EXPECT_EQ(records_of(std::string(3u << 20, 'x') + "\n" + good, 65536),
            (std::vector<LogRecord>{{1, kFirst + "Z", "good\n"}}));
}

TEST(LogRecords, have_times_in_utc) {
  EXPECT_EQ(records_of("2026-11-30T23:37:48.000000120+02:30 stdout F x\n", 100),
            (std::vector<LogRecord>{{1, "2026-11-30T21:07:48.000000120Z", "x\n"}}));
}

TEST(LogRecords, show_what_is_asked_for) {
  const LogRecord record{2, kFirst + "Z", "x\n"};
  LogQuery query{.has_errors = true};
  EXPECT_EQ(format_log_record(record, query, true, ""), "x\n");
  EXPECT_EQ(format_log_record(record, query, false, ""), std::string("\2\0\0\0\0\0\0\2x\n", 10));
  query.has_times = query.has_details = true;
  EXPECT_EQ(format_log_record(record, query, true, "a=b"), kFirst + "Z a=b x\n");
  query.since = kFirst + "Z";
  query.until = kFirst + "Z";
  EXPECT_NE(format_log_record(record, query, true, ""), "");
  query.since = kSecond + "Z";
  EXPECT_EQ(format_log_record(record, query, true, ""), "");
  query = {.has_errors = true, .until = "2026-11-30T21:07:48.123456788Z"};
  EXPECT_EQ(format_log_record(record, query, true, ""), "");
  EXPECT_EQ(format_log_record(record, {.has_output = true}, true, ""), "");
}

}  // namespace
}  // namespace skein::engine
