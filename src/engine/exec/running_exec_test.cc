// An exec's streams and its end, with a script in the runtime's place: `process` of an order is what the shell is to
// run.
#include "engine/exec/running_exec.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <filesystem>
#include <fstream>

#include "engine/exec/exec_stream.h"

namespace skein::engine {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

// As crun is called: --log F --log-format json exec --pid-file F --process F ID. Text in front of "#" is not started.
constexpr const char* kFakeRuntime = R"(#!/bin/sh
if grep -q '^#' "$9"; then
  echo complaint >&2
  echo '{"msg":"no such thing","level":"error"}' >>"$2"
  exit 255
fi
exec 8<&0
sh "$9" <&8 8<&- &
exec <&- 8<&-
printf %d $! >"$7"
wait $!
exit $?
)";

class RunningExecs : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/skein-exec-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    std::ofstream(folder_ + "/runtime") << kFakeRuntime;
    ::chmod((folder_ + "/runtime").c_str(), 0700);
    ::signal(SIGPIPE, SIG_IGN);
    ASSERT_TRUE(keeper_.start().ok());
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(folder_);
  }
  void close() {
    bool is_closed = false;
    asio::co_spawn(loop_, tasks_.close(), [&](const std::exception_ptr&) { is_closed = true; });
    run_until([&] { return is_closed; });
  }

  std::shared_ptr<RunningExec> start(const std::string& script) {
    ExecOrder order{.container = "c", .process = script, .wants = {.input = true, .output = true, .errors = true}};
    RunningExec::Hooks hooks{[this](pid_t process) { process_ = process; },
                             [this](const RunningExec::End& end) { end_ = end; }};
    auto spawned = spawn_exec(folder_ + "/runtime", order);
    EXPECT_TRUE(spawned.ok());
    return RunningExec::start(tasks_, keeper_, std::move(*spawned), hooks);
  }
  std::unique_ptr<ExecStream> open(const std::string& script, ExecStreamOptions options = {.has_input = true}) {
    return std::make_unique<ExecStream>(start(script), std::move(options));
  }
  void run_until(const std::function<bool()>& is_done) {
    const auto last = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!is_done() && std::chrono::steady_clock::now() < last) loop_.run_one_for(std::chrono::milliseconds(100));
    ASSERT_TRUE(is_done());
  }
  // All that comes until the end, `size_max` at a time.
  std::string read_all(ExecStream& stream, size_t size_max = 16384) {
    std::string all;
    bool is_over = false;
    auto read = [&]() -> awaitable<void> {
      std::vector<char> buffer(size_max);
      for (;;) {
        auto size = co_await stream.read_some(buffer);
        if (!size.ok() || *size == 0) break;
        all.append(buffer.data(), *size);
      }
      is_over = true;
    };
    asio::co_spawn(loop_, read(), asio::detached);
    run_until([&] { return is_over; });
    return all;
  }
  void write(ExecStream& stream, const std::string& bytes) {
    bool is_done = false;
    auto put = [&]() -> awaitable<void> {
      auto written = co_await stream.write(bytes);
      EXPECT_TRUE(written.ok());
      is_done = true;
    };
    asio::co_spawn(loop_, put(), asio::detached);
    run_until([&] { return is_done; });
  }
  // What commands and the test tell each other, by files.
  std::string say(const std::string& name) const { return ">" + folder_ + "/" + name + "; "; }
  std::string wait_for(const std::string& name) const {
    return "until [ -e " + folder_ + "/" + name + " ]; do :; done; ";
  }
  void create(const std::string& name) const { std::ofstream(folder_ + "/" + name); }
  bool exists(const std::string& name) const { return std::filesystem::exists(folder_ + "/" + name); }

  asio::io_context loop_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{loop_.get_executor()};
  io::TaskScope tasks_{loop_.get_executor()};
  ExecKeeper keeper_;
  std::string folder_;
  pid_t process_ = 0;
  std::optional<RunningExec::End> end_;
};

// The bytes of one stream, out of frames.
std::string frames_of(const std::string& bytes, char stream) {
  std::string out;
  for (size_t at = 0; at + kFrameHeadBytes <= bytes.size();) {
    size_t size = 0;
    for (size_t byte = 4; byte < kFrameHeadBytes; ++byte) size = size << 8 | static_cast<uint8_t>(bytes[at + byte]);
    EXPECT_EQ(bytes.substr(at + 1, 3), std::string(3, '\0'));
    if (bytes[at] == stream) out += bytes.substr(at + kFrameHeadBytes, size);
    at += kFrameHeadBytes + size;
  }
  return out;
}

TEST_F(RunningExecs, tell_their_outputs_apart_and_their_exit_code) {
  auto stream = open("echo out; echo err >&2; exit 7");
  const std::string all = read_all(*stream);
  EXPECT_EQ(frames_of(all, 1), "out\n");
  EXPECT_EQ(frames_of(all, 2), "err\n");
  ASSERT_TRUE(end_) << "whoever has read to the end finds the exit code";
  EXPECT_EQ(end_->exit_code, 7);
  EXPECT_TRUE(end_->was_started);
  EXPECT_GT(process_, 0);
}

TEST_F(RunningExecs, pass_many_bytes_both_ways) {
  std::string sent;
  for (int line = 0; line < 100'000; ++line) sent += std::to_string(line) + "\n";
  auto stream = open("cat");
  bool is_sent = false;
  auto send = [&]() -> awaitable<void> {
    auto written = co_await stream->write(sent);
    EXPECT_TRUE(written.ok());
    stream->end_writing();
    is_sent = true;
  };
  asio::co_spawn(loop_, send(), asio::detached);
  EXPECT_EQ(frames_of(read_all(*stream), 1), sent);
  EXPECT_TRUE(is_sent);
}

TEST_F(RunningExecs, pass_to_readers_of_any_size) {
  for (size_t size : {1, 8, 9, 100}) {
    auto stream = open("echo out; echo err >&2");
    const std::string all = read_all(*stream, size);
    EXPECT_EQ(frames_of(all, 1) + frames_of(all, 2), "out\nerr\n") << size;
  }
}

TEST_F(RunningExecs, have_an_end_of_their_input) {
  auto stream = open("cat; echo over");
  write(*stream, "given\n");
  stream->end_writing();
  EXPECT_EQ(frames_of(read_all(*stream), 1), "given\nover\n");
}

TEST_F(RunningExecs, what_a_process_does_not_take_is_dropped) {
  auto stream = open("exec <&-; " + say("closed") + wait_for("written") + "echo over");
  run_until([this] { return exists("closed"); });
  write(*stream, std::string(1000, 'x'));
  create("written");
  EXPECT_EQ(frames_of(read_all(*stream), 1), "over\n");
  write(*stream, std::string(1'000'000, 'x'));
}

TEST_F(RunningExecs, raw_streams_have_no_frames) {
  auto stream = open("echo out", {.is_raw = true});
  EXPECT_EQ(read_all(*stream), "out\n");
}

TEST_F(RunningExecs, whoever_closes_its_outputs_runs_on) {
  auto stream = open("exec >&- 2>&-; " + say("closed") + wait_for("seen") + "exit 3");
  run_until([this] { return exists("closed"); });
  EXPECT_FALSE(end_);
  create("seen");
  EXPECT_EQ(read_all(*stream), "");
  ASSERT_TRUE(end_);
  EXPECT_EQ(end_->exit_code, 3);
}

TEST_F(RunningExecs, others_that_hold_the_output_open_do_not_hold_the_end) {
  auto stream = open("sleep 1000 & echo $!; exit 5");
  const std::string all = frames_of(read_all(*stream), 1);
  EXPECT_EQ(end_->exit_code, 5);
  EXPECT_EQ(::kill(std::stoi(all), SIGKILL), 0) << "it was still there";
}

TEST_F(RunningExecs, that_cannot_be_started_say_why) {
  auto stream = open("#", {.why_not_started = [this] { return "because " + std::to_string(end_->was_started); }});
  EXPECT_EQ(frames_of(read_all(*stream), 1), "because 0\r\n");
  ASSERT_TRUE(end_);
  EXPECT_NE(end_->log.find("no such thing"), std::string::npos);
  EXPECT_EQ(process_, 0);
  auto raw = open("#", {.is_raw = true, .why_not_started = [] { return "why"; }});
  EXPECT_EQ(read_all(*raw), "why\r\n") << "and nothing of the runtime's own words";
}

TEST_F(RunningExecs, a_runtime_that_is_not_there_is_an_error) {
  auto exec = spawn_exec(folder_ + "/nosuch", {.container = "c"});
  ASSERT_FALSE(exec.ok());
  EXPECT_EQ(exec.error().code, Code::kUnavailable);
}

TEST_F(RunningExecs, run_on_when_their_reader_leaves) {
  const std::string script =
      "i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i + 1)); done; >" + folder_ + "/done";
  open(script)->close();
  run_until([&] { return end_.has_value(); });
  EXPECT_EQ(end_->exit_code, 0);
  EXPECT_TRUE(exists("done"));
}

TEST_F(RunningExecs, detach_by_keys) {
  int detached = 0;
  auto stream = open("read line; " + wait_for("detached") + "echo more; " + say("done"),
                     {.is_raw = true, .has_input = true, .detach_keys = "", .on_detach = [&] { ++detached; }});
  write(*stream, "a\n\x10\x11never");
  EXPECT_EQ(detached, 1);
  EXPECT_EQ(read_all(*stream), "");
  create("detached");
  run_until([&] { return end_.has_value(); });
  EXPECT_TRUE(exists("done"));
}

TEST_F(RunningExecs, a_reader_that_waits_hears_of_the_keys) {
  auto stream = open("read line; sleep 1000", {.is_raw = true, .has_input = true, .detach_keys = ""});
  bool is_over = false;
  auto read = [&]() -> awaitable<void> {
    std::array<char, 100> buffer;
    auto size = co_await stream->read_some(buffer);
    is_over = size.ok() && *size == 0;
  };
  asio::co_spawn(loop_, read(), asio::detached);
  run_until([this] { return process_ > 0; });
  write(*stream, "\x10\x11");
  run_until([&] { return is_over; });
  ::kill(process_, SIGKILL);
}

TEST(ConsoleSockets, go_with_their_owner) {
  const std::string path = testing::TempDir() + "/skein-console-" + std::to_string(::getpid());
  auto made = ConsoleSocket::listen(path);
  ASSERT_TRUE(made.ok());
  ConsoleSocket socket = std::move(*made);
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_FALSE(socket.take()) << "nobody has sent one";
  socket = ConsoleSocket();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(RunningExecs, are_killed_with_all_that_they_started) {
  auto exec = start("sleep 1000 & (sleep 1000 & sleep 1000) & wait");
  run_until([&] { return exec->is_started(); });
  exec->kill();
  run_until([&] { return end_.has_value(); });
  EXPECT_EQ(end_->exit_code, 128 + SIGKILL);
  exec->leave();
  bool is_rest_over = false;
  auto read = [&]() -> awaitable<void> {
    std::array<char, 100> buffer;
    auto piece = co_await exec->read(buffer);
    is_rest_over = piece.size == 0;
  };
  asio::co_spawn(loop_, read(), asio::detached);
  run_until([&] { return is_rest_over; });
}

// Asio tells a descriptor of an event of the one that was closed before, now and then.
TEST_F(RunningExecs, many_at_once_have_each_its_own_end) {
  constexpr int kCount = 150, kAtOnce = 50;
  std::vector<std::optional<RunningExec::End>> ends(kCount);
  int begun = 0, over = 0;
  std::function<void()> begin = [&] {
    const int number = begun++;
    ExecOrder order{.container = "c", .process = "exit " + std::to_string(number % 7), .wants = {.output = true}};
    RunningExec::Hooks hooks{[](pid_t) {},
                             [&, number](const RunningExec::End& end) {
                               ends[static_cast<size_t>(number)] = end;
                               ++over;
                               if (begun < kCount) begin();
                             }};
    auto spawned = spawn_exec(folder_ + "/runtime", order);
    ASSERT_TRUE(spawned.ok());
    RunningExec::start(tasks_, keeper_, std::move(*spawned), hooks)->leave();
  };
  while (begun < kAtOnce) begin();
  run_until([&] { return over == kCount; });
  for (int number = 0; number < kCount; ++number) {
    const auto& end = ends[static_cast<size_t>(number)];
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->was_started) << number;
    EXPECT_EQ(end->exit_code, number % 7) << number;
  }
}

// While it runs, and while others hold its output open after its end.
TEST_F(RunningExecs, are_followed_no_further_once_they_are_closed) {
  auto running = start(wait_for("closed") + "echo x " + say("written"));
  run_until([&] { return running->is_started(); });
  auto ended = start("sleep 1000 & exit 3");
  run_until([&] { return end_.has_value(); });
  ended->leave();
  end_.reset();
  close();
  EXPECT_EQ(tasks_.running(), 0u);
  create("closed");
  while (!exists("written")) loop_.poll();  // it goes on
  running->leave();
  run_until([this] { return loop_.poll() == 0; });
  EXPECT_FALSE(end_.has_value()) << "nobody is told";
  ended->kill();
}

TEST_F(RunningExecs, leave_no_descriptor_behind) {
  auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  read_all(*open("true"));
  run_until([this] { return loop_.poll() == 0; });
  const auto before = count();
  for (int round = 0; round < 20; ++round) read_all(*open("echo x"));
  run_until([this] { return loop_.poll() == 0; });
  EXPECT_EQ(count(), before);
}

// A daemon that is gone, while what it ran writes more than any pipe holds.
TEST_F(RunningExecs, outlive_the_daemon) {
  const std::string script = wait_for("dead") + "head -c 3000000 /dev/zero; echo $? >" + folder_ + "/code";
  const pid_t daemon = ::fork();
  if (daemon == 0) {
    ExecKeeper keeper;
    asio::io_context loop;
    io::TaskScope tasks(loop.get_executor());
    ExecOrder order{.container = "c", .process = script, .wants = {.output = true, .errors = true}};
    if (!keeper.start().ok()) ::_exit(1);
    auto exec = RunningExec::start(tasks, keeper, std::move(*spawn_exec(folder_ + "/runtime", order)),
                                   {[&](pid_t) { ::_exit(0); }, nullptr});
    loop.run();
    ::_exit(1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(daemon, &status, 0), daemon);
  create("dead");
  ASSERT_EQ(status, 0);
  const auto last = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::string code;
  while (code.empty() && std::chrono::steady_clock::now() < last) std::ifstream(folder_ + "/code") >> code;
  EXPECT_EQ(code, "0");
}

TEST_F(RunningExecs, the_keeper_that_was_killed_is_started_again) {
  const pid_t first = keeper_.pid();
  ::kill(first, SIGKILL);
  ASSERT_EQ(::waitpid(first, nullptr, 0), first);
  read_all(*open("echo x"));
  EXPECT_NE(keeper_.pid(), first);
  EXPECT_EQ(::kill(keeper_.pid(), 0), 0);
}

}  // namespace
}  // namespace skein::engine
