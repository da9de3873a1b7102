// Logs go on in new files without a reader's losing or repeating a line, and old ones leave no more than was asked for.
#include "engine/podman/logs/logs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>

#include "io/loop/context.h"

namespace skein::engine {
namespace {

// A monitor as conmon is: it opens a new file when it is told to.
class LogMonitor {
 public:
  explicit LogMonitor(std::string folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    ::mkfifo((folder_ + "/ctl").c_str(), 0600);
    begin();
  }
  void begin() {
    fifo_ = Descriptor(::open((folder_ + "/ctl").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    log_ = Descriptor(::open((folder_ + "/ctr.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  }
  void end() { fifo_.reset(); }
  void write(const std::string& text) {
    const std::string line = "2026-11-30T21:07:48.123456789+00:00 stdout F " + text + "\n";
    EXPECT_EQ(::write(log_.get(), line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }
  // True if it was told to.
  bool reopen_if_told() {
    char word[64];
    const ssize_t got = ::read(fifo_.get(), word, sizeof word);
    if (got <= 0) return false;
    EXPECT_EQ(std::string(word, static_cast<size_t>(got)), "2 0 0\n");
    log_ = Descriptor(::open((folder_ + "/ctr.log.tmp").c_str(), O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600));
    std::filesystem::rename(folder_ + "/ctr.log.tmp", folder_ + "/ctr.log");
    return true;
  }

 private:
  std::string folder_;
  Descriptor fifo_, log_;
};

class LogsTest : public testing::Test {
 protected:
  LogsTest() : loop(1), tasks(loop.get_executor()) {
    std::string pattern = testing::TempDir() + "/skein-logs-XXXXXX";
    folder = ::mkdtemp(pattern.data());
  }
  ~LogsTest() override {
    loop.drop_all();
    std::filesystem::remove_all(folder);
  }
  static LogQuery all() { return {.has_output = true, .has_errors = true}; }
  // What comes until the end, in lines, or until `lines` are there.
  std::vector<std::string> read(LogStream& stream, size_t lines = SIZE_MAX) {
    std::string text;
    bool is_over = false;
    boost::asio::co_spawn(
        loop,
        [&]() -> boost::asio::awaitable<void> {
          while (static_cast<size_t>(std::ranges::count(text, '\n')) < lines) {
            auto piece = co_await stream.read_some();
            if (!piece.ok() || piece->empty()) break;
            text += *piece;
          }
          is_over = true;
        },
        boost::asio::detached);
    while (!is_over) loop.run_one();
    std::vector<std::string> out;
    for (size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
      out.push_back(text.substr(at, end - at));
    return out;
  }
  // Bounded: something is told now and then, or nothing will come.
  bool until(const std::function<bool()>& is_so) {
    for (int i = 0; i < 1000; ++i) {
      if (is_so()) return true;
      if (loop.run_one_for(std::chrono::seconds(5)) == 0) break;
    }
    return is_so();
  }
  LogStream stream(const LogQuery& query, bool is_running = false) {
    return LogStream(loop.get_executor(),
                     {.folder = folder, .query = query, .has_terminal = true, .is_running = is_running});
  }
  std::vector<std::string> read_all(const LogQuery& query = all()) {
    LogStream whole = stream(query);
    return read(whole);
  }
  int64_t size() const {
    int64_t out = 0;
    for (const LogFile& file : list_log(folder)) out += file.size_bytes;
    return out;
  }

  io::Context loop;
  io::TaskScope tasks;
  std::string folder;
};

constexpr int64_t kLineBytes = 51;  // of a text of five digits
std::string line_of(int number) { return std::to_string(10000 + number); }
std::vector<std::string> lines_of(int from, int to) {
  std::vector<std::string> out;
  for (int i = from; i < to; ++i) out.push_back(line_of(i));
  return out;
}

TEST_F(LogsTest, a_rotated_log_keeps_its_last_lines) {
  for (const int files : {1, 2, 3, 5}) {
    std::filesystem::remove_all(folder);
    LogMonitor monitor(folder);
    LogRotation rotation(folder, {.bytes = 10 * kLineBytes, .files = files}, [] {});
    for (int i = 0; i < 1000; ++i) {
      monitor.write(line_of(i));
      rotation.look();
      if (monitor.reopen_if_told()) rotation.look();
      EXPECT_LE(size(), 10 * kLineBytes * files);
    }
    // The newest file has just been begun. The only one is that before it, until it has a line.
    EXPECT_EQ(read_all(), lines_of(1000 - 10 * std::max(files - 1, 1), 1000)) << files;
    monitor.write(line_of(1000));
    rotation.look();
    EXPECT_EQ(read_all(), lines_of(1000 - 10 * (files - 1), 1001)) << files;
  }
}

TEST_F(LogsTest, what_was_written_while_nobody_looked_is_cut_to_its_last_lines) {
  LogMonitor monitor(folder);
  for (int i = 0; i < 1000; ++i) monitor.write(line_of(i));
  LogRotation rotation(folder, {.bytes = 10 * kLineBytes + 7, .files = 3}, [] {});
  rotation.look();
  EXPECT_EQ(read_all().size(), 1000u) << "nothing goes before the next file is there";
  ASSERT_TRUE(monitor.reopen_if_told());
  rotation.look();
  EXPECT_EQ(read_all(), lines_of(980, 1000));
}

TEST_F(LogsTest, the_monitor_is_told_once_and_again_by_the_next_daemon) {
  LogMonitor monitor(folder);
  LogRotation rotation(folder, {.bytes = kLineBytes, .files = 3}, [] {});
  monitor.write("a");
  rotation.look();
  rotation.look();
  monitor.write("b");
  rotation.look();
  EXPECT_TRUE(monitor.reopen_if_told());
  EXPECT_FALSE(monitor.reopen_if_told());
  monitor.write("c");
  LogRotation(folder, {.bytes = kLineBytes, .files = 3}, [] {}).look();
  monitor.write("d");
  LogRotation(folder, {.bytes = kLineBytes, .files = 3}, [] {}).look();
  EXPECT_EQ(list_log(folder).size(), 2u);
  EXPECT_EQ(read_all(), (std::vector<std::string>{"a", "b", "c", "d"}));
}

TEST_F(LogsTest, a_log_without_a_monitor_waits_for_the_next_one) {
  LogMonitor monitor(folder);
  monitor.write("a");
  monitor.end();
  LogRotation rotation(folder, {.bytes = 1, .files = 2}, [] {});
  rotation.look();
  EXPECT_EQ(list_log(folder).size(), 1u);
  rotation.on_container_exit();
  monitor.begin();
  rotation.look();
  EXPECT_TRUE(monitor.reopen_if_told());
}

TEST_F(LogsTest, a_follower_gets_each_line_once_over_all_files) {
  LogMonitor monitor(folder);
  Logs logs(tasks, [&](const std::string&) { return folder; });
  ASSERT_TRUE(logs.start_up().ok());
  logs.on_container("c", {.bytes = 10 * kLineBytes, .files = 2});
  LogQuery query = all();
  query.is_following = true;
  auto opened = logs.open("c", {.query = query, .has_terminal = true, .is_running = true});
  auto& follower = static_cast<LogStream&>(*opened);
  int written = 0;
  std::vector<std::string> got;
  while (written < 500) {
    for (int i = 0; i < 7; ++i) monitor.write(line_of(written++));
    if (list_log(folder).back().size_bytes >= 10 * kLineBytes) {
      ASSERT_TRUE(until([&] { return monitor.reopen_if_told(); }));
    }
    while (static_cast<int>(got.size()) < written)
      for (auto& line : read(follower, 1)) got.push_back(std::move(line));
  }
  EXPECT_EQ(got, lines_of(0, written));
  EXPECT_TRUE(until([&] { return size() <= 30 * kLineBytes; }));
  monitor.write("last");
  logs.on_container_exit("c");
  EXPECT_EQ(read(follower), std::vector<std::string>{"last"});
}

TEST_F(LogsTest, a_follower_that_is_behind_still_gets_what_is_taken_away) {
  LogMonitor monitor(folder);
  LogQuery query = all();
  query.is_following = true;
  LogStream follower = stream(query, true);
  monitor.write("first");
  EXPECT_EQ(read(follower, 1), std::vector<std::string>{"first"});
  LogRotation rotation(folder, {.bytes = 2 * kLineBytes, .files = 2}, [&] { follower.hold(); });
  for (int i = 0; i < 20; ++i) {
    monitor.write(line_of(i));
    rotation.look();
    if (monitor.reopen_if_told()) rotation.look();
  }
  follower.on_exit();
  EXPECT_EQ(read(follower), lines_of(0, 20));
}

TEST_F(LogsTest, the_tail_is_found_over_all_files) {
  LogMonitor monitor(folder);
  LogRotation rotation(folder, {.bytes = 40'000, .files = 100}, [] {});
  for (int i = 0; i < 10'000; ++i) {
    monitor.write(line_of(i));
    if (i % 1000 == 999) rotation.look(), monitor.reopen_if_told();
  }
  EXPECT_EQ(list_log(folder).size(), 11u);
  for (const int tail : {0, 1, 2, 999, 1000, 1001, 5000, 9999, 10'000, 20'000}) {
    LogQuery query = all();
    query.tail = static_cast<size_t>(tail);
    EXPECT_EQ(read_all(query), lines_of(std::max(0, 10'000 - tail), 10'000)) << tail;
    query.has_output = false;  // as Docker's: of the lines that are the last, those of the streams asked for
    EXPECT_TRUE(read_all(query).empty()) << tail;
  }
}

TEST_F(LogsTest, a_container_that_ends_while_one_asks_is_not_followed_for_ever) {
  Logs logs(tasks, [&](const std::string&) { return folder; });
  const auto before = logs.note_ends();
  logs.on_container_exit("a");
  EXPECT_TRUE(before->contains("a"));
  EXPECT_FALSE(logs.note_ends()->contains("a"));
}

TEST_F(LogsTest, without_files_there_is_nothing_to_read) { EXPECT_TRUE(read_all().empty()); }

}  // namespace
}  // namespace skein::engine
