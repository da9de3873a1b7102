// Output that was cut, mixed up or lost would send a user after the wrong fault.
#include "engine/process/process_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/process/launch/log_writer.h"

namespace skein::engine {
namespace {

class ProcessLog : public testing::Test {
 protected:
  ProcessLog() {
    std::string pattern = testing::TempDir() + "/skein-log-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    descriptor_ = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  ~ProcessLog() override {
    ::close(descriptor_);
    std::filesystem::remove_all(folder_);
  }
  std::string read(const std::string& name) const {
    std::ifstream file(folder_ + "/" + name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::string folder_;
  int descriptor_;
};

std::string frame(int stream, const std::string& text) {
  std::string out{static_cast<char>(stream), 0, 0, 0, 0, 0, 0, static_cast<char>(text.size())};
  return out + text;
}

LogQuery both() {
  LogQuery query;
  query.has_output = query.has_errors = true;
  return query;
}

TEST_F(ProcessLog, keeps_lines_whole_and_streams_apart) {
  LogWriter log(descriptor_);
  log.add(1, "on");
  log.add(2, "oops\n");
  log.add(1, "e\ntwo\nrest");
  log.end();
  const std::string all = read("log");
  EXPECT_EQ(select_log(all, both()).frames,
            frame(2, "oops\n") + frame(1, "one\n") + frame(1, "two\n") + frame(1, "rest"));
  EXPECT_EQ(select_log(all, both()).bytes_used, all.size());
  LogQuery query = both();
  query.has_errors = false;
  query.tail = 2;
  EXPECT_EQ(select_log(all, query).frames, frame(1, "two\n") + frame(1, "rest"));
  query.has_times = true;
  EXPECT_TRUE(all.ends_with(select_log(all, query).frames));
  query.since = "9999";
  EXPECT_EQ(select_log(all, query).frames, "");
}

TEST_F(ProcessLog, is_bounded) {
  LogWriter log(descriptor_);
  const std::string line(1000, 'x');
  for (int i = 0; i < 3000; ++i) log.add(1, line + "\n");
  EXPECT_LE(read("log").size(), kLogBytesMax);
  EXPECT_LE(read("log.old").size(), kLogBytesMax);
  EXPECT_GT(read("log.old").size(), kLogBytesMax / 2);
}

TEST_F(ProcessLog, cuts_lines_that_are_too_long) {
  LogWriter log(descriptor_);
  log.add(1, std::string(kLogLineBytesMax + 1, 'x') + "\n");
  const std::string all = read("log");
  EXPECT_EQ(select_log(all, both()).bytes_used, all.size());
  LogQuery query = both();
  query.tail = 1;
  EXPECT_EQ(select_log(all, query).frames, frame(1, "x\n"));
}

TEST_F(ProcessLog, garbage_ends_it) {
  LogWriter log(descriptor_);
  log.add(1, "good\n");
  const std::string good = read("log");
  for (const std::string& tail : {std::string(100, '\xff'), std::string(100, '\0'), good.substr(0, good.size() - 1)}) {
    auto selected = select_log(good + tail, both());
    EXPECT_EQ(selected.frames, frame(1, "good\n"));
    EXPECT_EQ(selected.bytes_used, good.size());
  }
}

TEST(LogQuery, is_parsed_in_dockers_form) {
  auto parse = [](const char* text) { return parse_log_query(io::http::Query::parse(text)); };
  auto query = parse("stdout=1&timestamps=1&tail=10&since=1.5&follow=1");
  ASSERT_TRUE(query.ok());
  EXPECT_TRUE(query->has_output && !query->has_errors && query->has_times && query->is_following);
  EXPECT_EQ(query->tail, 10u);
  EXPECT_EQ(query->since, "1970-01-01T00:00:01.500000000Z");
  EXPECT_EQ(parse("stderr=1&tail=all")->tail, std::nullopt);
  EXPECT_EQ(parse("tail=1").error().what, "Bad parameters: you must choose at least one stream");
  for (const char* since : {"x", "-1", "99999999999999999999", "1.x", "1.1234567890"})
    EXPECT_FALSE(parse((std::string("stdout=1&since=") + since).c_str()).ok()) << since;
}

}  // namespace
}  // namespace skein::engine
