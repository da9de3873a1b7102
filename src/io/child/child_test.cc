// Real processes, each started, found or lost once.
#include "io/child/child.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "io/child/child_for_test.h"
#include "io/child/process_id.h"

namespace skein::io {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr auto kPatience = std::chrono::seconds(60);  // of a test with a host that is out of breath

struct ChildTest : testing::Test {
  ChildTest() {
    std::string pattern = testing::TempDir() + "/skein-child-XXXXXX";
    folder = ::mkdtemp(pattern.data());
    path = folder + "/socket";
  }
  ~ChildTest() override {
    end_child();
    for (pid_t pid : mine) signal_process(identify(pid), SIGKILL);
    while (::waitpid(-1, nullptr, 0) > 0) continue;
    std::filesystem::remove_all(folder);
  }

  // As the next daemon, if there was one.
  Child& make(const std::string& mode, Duration end_limit = kPatience) {
    child.emplace(loop.get_executor(),
                  ChildPlan{.name = "child",
                            .socket_path = path,
                            .program = {child_command_for_test(mode, path), {}, ""},
                            .log_path = folder + "/log",
                            .start_limit = kPatience,
                            .end_limit = end_limit},
                  ChildHooks{.answers = [this] { return answers(); },
                             .prepare = [this] { return Result<bool>(is_current); },
                             .on_up = [this] { ++ups; },
                             .on_lost = [this] { ++losses; }});
    return *child;
  }
  void end_child() { child.reset(); }
  awaitable<bool> answers() {
    asio::local::stream_protocol::socket socket(loop);
    char byte = 0;
    auto [failed] = co_await socket.async_connect(path, asio::as_tuple(asio::use_awaitable));
    if (failed) co_return false;
    auto [broken, size] =
        co_await asio::async_read(socket, asio::buffer(&byte, 1), asio::as_tuple(asio::use_awaitable));
    co_return !broken && byte == 'y';
  }

  template <class Condition>
  void run_until(Condition condition) {
    loop.restart();
    while (!condition() && loop.run_one_for(kPatience)) continue;
    ASSERT_TRUE(condition());
  }
  Result<void> bring_up() {
    std::optional<Result<void>> out;
    auto work = [&]() -> awaitable<void> { out.emplace(co_await child->bring_up()); };
    asio::co_spawn(loop, work(), asio::detached);
    run_until([&] { return out.has_value(); });
    if (child->pid() > 0) mine.push_back(child->pid());
    return out.value_or(make_error(Code::kInternal, "nothing came"));
  }
  void run_to_end(awaitable<void> work) {
    bool has_ended = false;
    asio::co_spawn(loop, std::move(work), [&](const std::exception_ptr&) { has_ended = true; });
    run_until([&] { return has_ended; });
    if (child->pid() > 0) mine.push_back(child->pid());
  }

  asio::io_context loop;
  std::string folder, path;
  bool is_current = true;
  int ups = 0, losses = 0;
  std::vector<pid_t> mine;
  std::optional<Child> child;
};

TEST_F(ChildTest, one_that_ends_at_once_is_told_and_waited_for) {
  make("ending");
  const auto up = bring_up();
  ASSERT_FALSE(up.ok());
  EXPECT_EQ(up.error().what, "child has ended");
  EXPECT_EQ(up.error().try_next, "see " + folder + "/log");
  EXPECT_EQ(child->pid(), -1);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
  EXPECT_EQ(ups, 0);
  EXPECT_EQ(losses, 0);
}

TEST_F(ChildTest, what_is_no_program_is_told) {
  make("polite");
  child.emplace(
      loop.get_executor(),
      ChildPlan{"child", path, {{"/no/such/program"}, {}, "install it"}, folder + "/log", kPatience, kPatience},
      ChildHooks{.answers = [this] { return answers(); }});
  const auto up = bring_up();
  ASSERT_FALSE(up.ok());
  EXPECT_EQ(up.error().try_next, "install it");
}

TEST_F(ChildTest, the_next_daemon_adopts_one_that_lives) {
  make("polite");
  ASSERT_TRUE(bring_up().ok());
  const pid_t first = child->pid();
  make("polite");
  ASSERT_TRUE(bring_up().ok());
  EXPECT_EQ(child->pid(), first);
  EXPECT_TRUE(child->is_up());
  EXPECT_EQ(ups, 2);
}

TEST_F(ChildTest, one_that_has_died_meanwhile_is_started_anew) {
  make("polite");
  ASSERT_TRUE(bring_up().ok());
  const pid_t first = child->pid();
  end_child();
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  ASSERT_EQ(::waitpid(first, nullptr, 0), first);
  ASSERT_TRUE(std::filesystem::exists(path));
  make("polite");
  ASSERT_TRUE(bring_up().ok());
  EXPECT_NE(child->pid(), first);
}

// As when the number of a child that died is somebody else's, whom nobody may kill.
TEST_F(ChildTest, who_listens_there_for_other_purposes_is_let_live) {
  const Descriptor ours = listen_for_test(path);
  ASSERT_TRUE(ours);
  const Listener found = find_listener(path);
  EXPECT_EQ(found.pid, ::getpid());
  EXPECT_FALSE(found.is_of_socket);
  ask_listener_to_end(path, "child", "for a test");  // which would end this test
  make("polite");
  ASSERT_TRUE(bring_up().ok());
  EXPECT_NE(child->pid(), ::getpid());
  EXPECT_EQ(find_listener(path).pid, child->pid());
}

TEST_F(ChildTest, a_number_that_is_used_again_is_not_the_process) {
  make("polite");
  ASSERT_TRUE(bring_up().ok());
  ProcessId earlier = identify(child->pid());
  EXPECT_TRUE(open_process(earlier));
  --earlier.start;
  EXPECT_FALSE(open_process(earlier));
  EXPECT_FALSE(signal_process(earlier, SIGKILL));
  EXPECT_TRUE(is_gone(earlier));
  EXPECT_TRUE(child->is_up());
}

TEST_F(ChildTest, one_that_would_be_started_otherwise_now_is_replaced) {
  make("polite");
  ASSERT_TRUE(bring_up().ok());
  const pid_t first = child->pid();
  make("polite");
  is_current = false;
  ASSERT_TRUE(bring_up().ok());
  EXPECT_NE(child->pid(), first);
  EXPECT_EQ(losses, 0);
}

TEST_F(ChildTest, one_that_does_not_answer_is_replaced) {
  const auto silent = spawn_logged({child_command_for_test("silent", path), {}, ""}, folder + "/log");
  ASSERT_TRUE(silent.ok());
  mine.push_back(*silent);
  for (int looks = 0; looks < 60'000 && find_listener(path).pid != *silent; ++looks) ::poll(nullptr, 0, 1);
  make("polite");
  ASSERT_TRUE(bring_up().ok());
  EXPECT_NE(child->pid(), *silent);
  EXPECT_TRUE(is_gone(identify(*silent)) || ::waitpid(*silent, nullptr, 0) == *silent);
}

TEST_F(ChildTest, one_that_ignores_sigterm_is_killed_after_the_limit) {
  make("stubborn", std::chrono::milliseconds(20));
  ASSERT_TRUE(bring_up().ok());
  const pid_t first = child->pid();
  child->ask_to_end();
  EXPECT_FALSE(child->is_up());
  EXPECT_EQ(child->pid(), first);
  ASSERT_TRUE(bring_up().ok());
  EXPECT_NE(child->pid(), first);
  EXPECT_EQ(losses, 0) << "it was asked to end";
}

TEST_F(ChildTest, one_that_was_asked_to_end_is_waited_for) {
  make("polite");
  ASSERT_TRUE(bring_up().ok());
  const pid_t first = child->pid();
  child->ask_to_end();
  ASSERT_TRUE(bring_up().ok());
  EXPECT_NE(child->pid(), first);
  EXPECT_EQ(identify(first).start, 0u) << "a zombie is left";
}

TEST_F(ChildTest, one_that_is_lost_is_told_once_and_brought_back) {
  make("polite");
  ASSERT_TRUE(bring_up().ok());
  const pid_t first = child->pid();
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  run_until([&] { return losses == 1; });
  EXPECT_FALSE(child->is_up());
  run_to_end(child->bring_back());
  EXPECT_TRUE(child->is_up());
  EXPECT_NE(child->pid(), first);
  EXPECT_EQ(losses, 1);
  EXPECT_EQ(ups, 2);
}

TEST_F(ChildTest, an_adopted_one_that_is_lost_is_told_as_well) {
  make("polite");
  ASSERT_TRUE(bring_up().ok());
  make("polite");
  ASSERT_TRUE(bring_up().ok());
  ASSERT_EQ(::kill(child->pid(), SIGKILL), 0);
  run_until([&] { return losses == 1; });
  EXPECT_EQ(child->pid(), -1);
}

}  // namespace
}  // namespace skein::io
