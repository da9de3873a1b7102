// An owner that has closed its scope may be destroyed: nothing of its own comes back to it.
#include "io/loop/task_scope.h"

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <stdexcept>

#include "io/loop/scoped_call.h"
#include "io/loop/to_its_end.h"
#include "io/loop/virtual_loop.h"

namespace skein::io {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

class TaskScopeTest : public testing::Test {
 protected:
  // Counts who is inside, so that a test sees that frames are gone.
  struct Inside {
    explicit Inside(int& count) : count(count) { ++count; }
    ~Inside() { --count; }
    int& count;
  };

  awaitable<void> wait(Duration time) {
    Inside inside(inside_);
    Timer timer(loop_.context(), time);
    co_await timer.async_wait(use_awaitable);
    ++finished_;
  }
  void close() {
    asio::co_spawn(loop_.context(), scope_.close(), [this](const std::exception_ptr& thrown) {
      EXPECT_FALSE(thrown);
      EXPECT_EQ(scope_.running(), 0u);
      ++closed_;
    });
  }

  VirtualLoop loop_;
  TaskScope scope_{loop_.context().get_executor()};
  int inside_ = 0, finished_ = 0, closed_ = 0;
};

TEST_F(TaskScopeTest, what_has_ended_by_itself_is_no_longer_in_it) {
  scope_.spawn("one", wait(1s));
  scope_.spawn("two", wait(2s));
  EXPECT_EQ(scope_.running(), 2u);
  loop_.run_for(1s);
  EXPECT_EQ(scope_.running(), 1u);
  loop_.run_for(1s);
  EXPECT_EQ(scope_.running(), 0u);
  EXPECT_EQ(finished_, 2);
}

TEST_F(TaskScopeTest, closing_an_empty_scope_returns_and_so_does_closing_it_again) {
  close();
  loop_.run_ready();
  close();
  loop_.run_ready();
  EXPECT_EQ(closed_, 2);
}

TEST_F(TaskScopeTest, closing_ends_what_is_suspended_wherever_it_is) {
  Timer shared(loop_.context(), TimePoint::never());
  auto nested = [&]() -> awaitable<void> {
    Inside inside(inside_);
    co_await wait(1h);
  };
  auto in_or = [&]() -> awaitable<void> {
    Inside inside(inside_);
    co_await (wait(1h) || shared.async_wait(use_awaitable) || nested());
  };
  auto in_loop = [&]() -> awaitable<void> {  // takes no notice of the error
    Inside inside(inside_);
    for (;;) co_await shared.async_wait(asio::as_tuple(use_awaitable));
  };
  scope_.spawn("wait", wait(1h));
  scope_.spawn("nested", nested());
  scope_.spawn("or", in_or());
  scope_.spawn("loop", in_loop());
  loop_.run_for(1min);
  EXPECT_EQ(inside_, 8);
  close();
  close();
  loop_.run_ready();
  EXPECT_EQ(inside_, 0);
  EXPECT_EQ(closed_, 2);
  EXPECT_EQ(finished_, 0);
}

TEST_F(TaskScopeTest, closing_at_each_moment_of_a_life_ends_it) {
  for (int steps = 0; steps < 60; ++steps) {
    VirtualLoop loop;
    int inside = 0;
    bool is_closed = false;
    TaskScope scope(loop.context().get_executor());
    auto live = [&]() -> awaitable<void> {
      Inside guard(inside);
      Timer timer(loop.context());
      for (int i = 0; i < 10; ++i) {
        co_await asio::post(loop.context(), use_awaitable);
        timer.expires_after(1ms);
        co_await timer.async_wait(use_awaitable);
      }
    };
    scope.spawn("one", live());
    scope.spawn("two", live());
    int handlers = 0;
    loop.run_until_true(1s, [&] { return handlers++ == steps; });
    asio::co_spawn(loop.context(), scope.close(), [&](const std::exception_ptr&) { is_closed = true; });
    loop.run_ready();
    EXPECT_TRUE(is_closed) << steps;
    EXPECT_EQ(inside, 0) << steps;
  }
}

// A transaction, say, that must not be torn.
TEST_F(TaskScopeTest, it_waits_for_what_cannot_be_cancelled) {
  bool has_gone_on = false;
  auto stubborn = [&]() -> awaitable<void> {
    Inside inside(inside_);
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await wait(10s);
    has_gone_on = true;
  };
  scope_.spawn("stubborn", stubborn());
  loop_.run_for(1s);
  close();
  loop_.run_for(8s);
  EXPECT_EQ(closed_, 0);
  loop_.run_for(1s);
  EXPECT_EQ(closed_, 1);
  EXPECT_TRUE(has_gone_on);
}

TEST_F(TaskScopeTest, what_is_spawned_while_it_closes_does_not_run) {
  auto last_words = [&]() -> awaitable<void> {
    Timer timer(loop_.context(), 1h);
    co_await timer.async_wait(asio::as_tuple(use_awaitable));
    EXPECT_TRUE(scope_.is_closing());
    scope_.spawn("late", wait(1s));
    EXPECT_EQ(scope_.running(), 1u);
  };
  scope_.spawn("last words", last_words());
  loop_.run_ready();
  close();
  loop_.run_for(1min);
  EXPECT_EQ(closed_, 1);
  scope_.spawn("later still", wait(1s));
  loop_.run_for(1min);
  EXPECT_EQ(inside_ + finished_, 0);
}

TEST_F(TaskScopeTest, what_was_spawned_but_not_begun_ends_too) {
  asio::post(loop_.context(), [&] {
    scope_.spawn("one", wait(1h));
    close();
  });
  loop_.run_ready();
  EXPECT_EQ(closed_, 1);
  EXPECT_EQ(inside_, 0);
}

TEST_F(TaskScopeTest, an_exception_ends_its_coroutine_alone) {
  auto fail = [&]() -> awaitable<void> {
    co_await wait(1s);
    throw std::runtime_error("bug");
  };
  scope_.spawn("fail", fail());
  scope_.spawn("wait", wait(2s));
  loop_.run_for(2s);
  EXPECT_EQ(scope_.running(), 0u);
  EXPECT_EQ(finished_, 2);
}

TEST_F(TaskScopeTest, an_exception_on_the_way_out_does_not_hold_up_closing) {
  auto fail = [&]() -> awaitable<void> {
    Timer timer(loop_.context(), 1h);
    co_await timer.async_wait(asio::as_tuple(use_awaitable));
    throw std::runtime_error("bug");
  };
  scope_.spawn("fail", fail());
  loop_.run_ready();
  close();
  loop_.run_ready();
  EXPECT_EQ(closed_, 1);
}

TEST_F(TaskScopeTest, it_may_be_destroyed_after_the_context_has_dropped_everything) {
  {
    TaskScope scope(loop_.context().get_executor());
    scope.spawn("wait", wait(1h));
    loop_.run_ready();
    EXPECT_EQ(inside_, 1);
    loop_.context().stop();
    loop_.context().drop_all();
    EXPECT_EQ(scope.running(), 0u);
  }
  EXPECT_EQ(inside_, 0);
}

using TaskScopeDeathTest = TaskScopeTest;
TEST_F(TaskScopeDeathTest, destroying_it_while_something_runs_is_a_fault) {
  auto destroy = [&] {
    TaskScope scope(loop_.context().get_executor());
    scope.spawn("wait", wait(1h));
    loop_.run_ready();
  };
  EXPECT_DEATH(destroy(), "tasks_.empty");
}

TEST_F(TaskScopeTest, who_is_asked_to_end_goes_on_no_further_after_a_wait_that_hides_it) {
  auto work = [&]() -> awaitable<void> {
    Timer timer(loop_.context(), TimePoint::never());
    co_await timer.async_wait(asio::as_tuple(use_awaitable));
    co_await end_if_cancelled();
    ++finished_;
  };
  scope_.spawn("work", work());
  loop_.run_ready();
  close();
  loop_.run_ready();
  EXPECT_EQ(closed_, 1);
  EXPECT_EQ(finished_, 0);
}

TEST_F(TaskScopeTest, what_is_to_be_brought_to_its_end_is_waited_for) {
  auto part = [&]() -> awaitable<int> {
    co_await wait(1h);
    co_return 7;
  };
  int result = 0;
  auto work = [&]() -> awaitable<void> {
    result = co_await to_its_end(part());
    co_await wait(1h);  // not reached
  };
  scope_.spawn("work", work());
  loop_.run_ready();
  close();
  loop_.run_for(30min);
  EXPECT_EQ(closed_, 0);
  loop_.run_for(30min);
  EXPECT_EQ(closed_, 1);
  EXPECT_EQ(result, 7);
  EXPECT_EQ(finished_, 1);
  EXPECT_EQ(inside_, 0);
}

TEST_F(TaskScopeTest, what_is_to_be_brought_to_its_end_is_dropped_with_its_context) {
  auto part = [&]() -> awaitable<int> {
    co_await wait(1h);
    co_return 7;
  };
  auto work = [&]() -> awaitable<void> { co_await to_its_end(part()); };
  scope_.spawn("work", work());
  loop_.run_ready();
  EXPECT_EQ(inside_, 1);
  loop_.drop(loop_.context());
  EXPECT_EQ(scope_.running(), 0u);
  EXPECT_EQ(inside_, 0);
}

// The caller is nobody the scope knows.
TEST_F(TaskScopeTest, a_call_is_answered_and_one_that_the_end_of_its_scope_cuts_off_hears_of_it) {
  auto answer = [&](Duration time) -> awaitable<Result<int>> {
    co_await wait(time);
    co_return 7;
  };
  std::vector<Result<int>> heard;
  auto call = [&](Duration time) -> awaitable<void> {
    auto result = co_await call_in(scope_, "call", answer(time), make_error(Code::kUnavailable, "gone"));
    heard.push_back(result);
  };
  auto begin = [&](Duration time) { asio::co_spawn(loop_.context(), call(time), asio::detached); };
  begin(1s);
  loop_.run_for(1s);
  begin(1h);
  loop_.run_ready();
  close();
  loop_.run_ready();
  begin(0s);
  loop_.run_ready();
  ASSERT_EQ(heard.size(), 3u);
  EXPECT_EQ(*heard[0], 7);
  EXPECT_EQ(heard[1].error().what, "gone");
  EXPECT_EQ(heard[2].error().what, "gone");
  EXPECT_EQ(closed_, 1);
}

TEST_F(TaskScopeTest, a_call_goes_on_without_its_caller) {
  auto answer = [&]() -> awaitable<Result<int>> {
    co_await wait(1h);
    co_return 7;
  };
  TaskScope callers(loop_.context().get_executor());
  auto call = [&]() -> awaitable<void> {
    (void)co_await call_in(scope_, "call", answer(), make_error(Code::kUnavailable, "gone"));
  };
  callers.spawn("caller", call());
  loop_.run_ready();
  asio::co_spawn(loop_.context(), callers.close(), asio::detached);
  loop_.run_ready();
  EXPECT_EQ(callers.running(), 0u);
  loop_.run_for(1h);
  EXPECT_EQ(finished_, 1);
}

}  // namespace
}  // namespace skein::io
