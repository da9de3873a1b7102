// The daemon's coroutines may not notice whether their time is real: the same promises hold on both loops.
#include "io/loop/timer.h"

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>

#include "io/loop/context.h"
#include "io/loop/loop.h"
#include "io/loop/virtual_loop.h"

namespace skein::io {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using boost::system::error_code;

class OnRealLoop {
 public:
  Context& context() { return context_; }
  bool run_until_true(const std::function<bool()>& condition) {
    const TimePoint give_up = system_clock().now() + 60s;
    context_.restart();
    while (!condition() && system_clock().now() < give_up) context_.run_one_for(100ms);
    return condition();
  }

 private:
  Context context_{1};
};

class OnVirtualLoop {
 public:
  Context& context() { return loop_.context(); }
  bool run_until_true(const std::function<bool()>& condition) { return loop_.run_until_true(60s, condition); }

 private:
  VirtualLoop loop_;
};

template <class Form>
class TimerTest : public testing::Test {
 protected:
  bool run_until_true(const std::function<bool()>& condition) { return form_.run_until_true(condition); }
  Context& context() { return form_.context(); }
  TimePoint now() { return loop_of(context()).now(); }
  auto note(std::optional<error_code>& outcome) {
    return [&outcome](error_code error) { outcome = error; };
  }

 private:
  Form form_;
};
using Forms = testing::Types<OnRealLoop, OnVirtualLoop>;
TYPED_TEST_SUITE(TimerTest, Forms);

constexpr auto kAborted = asio::error::operation_aborted;

TYPED_TEST(TimerTest, handlers_come_in_the_order_of_times_not_of_waits) {
  Timer late(this->context(), 20ms), early(this->context(), 10ms);
  const TimePoint begin = this->now();
  std::vector<std::string> order;
  late.async_wait([&](error_code error) { order.push_back(error ? "failed" : "late"); });
  early.async_wait([&](error_code error) { order.push_back(error ? "failed" : "early"); });
  ASSERT_TRUE(this->run_until_true([&] { return order.size() == 2; }));
  EXPECT_EQ(order, (std::vector<std::string>{"early", "late"}));
  EXPECT_GE(this->now() - begin, 20ms);
}

TYPED_TEST(TimerTest, all_who_wait_are_called_in_their_order) {
  Timer timer(this->context(), 1ms);
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) timer.async_wait([&, i](error_code) { order.push_back(i); });
  ASSERT_TRUE(this->run_until_true([&] { return order.size() == 3; }));
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TYPED_TEST(TimerTest, a_time_that_is_past_comes_at_once_but_never_inside_the_call) {
  Timer fresh(this->context()), past(this->context(), this->now() - 1h);
  std::optional<error_code> first, second;
  fresh.async_wait(this->note(first));
  past.async_wait(this->note(second));
  EXPECT_FALSE(first || second);
  ASSERT_TRUE(this->run_until_true([&] { return first && second; }));
  EXPECT_FALSE(*first || *second);
}

TYPED_TEST(TimerTest, cancel_ends_all_waits_and_keeps_the_expiry) {
  Timer timer(this->context(), 1h);
  const TimePoint expiry = timer.expiry();
  std::optional<error_code> first, second;
  timer.async_wait(this->note(first));
  timer.async_wait(this->note(second));
  EXPECT_EQ(timer.cancel(), 2u);
  EXPECT_FALSE(first || second);
  ASSERT_TRUE(this->run_until_true([&] { return first && second; }));
  EXPECT_EQ(*first, kAborted);
  EXPECT_EQ(*second, kAborted);
  EXPECT_EQ(timer.expiry(), expiry);
  EXPECT_EQ(timer.cancel(), 0u);
}

TYPED_TEST(TimerTest, cancel_one_ends_the_oldest_wait) {
  Timer timer(this->context(), TimePoint::never());
  std::optional<error_code> first, second;
  timer.async_wait(this->note(first));
  timer.async_wait(this->note(second));
  EXPECT_EQ(timer.cancel_one(), 1u);
  ASSERT_TRUE(this->run_until_true([&] { return first.has_value(); }));
  EXPECT_FALSE(second);
  EXPECT_EQ(timer.cancel_one(), 1u);
  EXPECT_EQ(timer.cancel_one(), 0u);
  EXPECT_TRUE(this->run_until_true([&] { return second.has_value(); }));
}

TYPED_TEST(TimerTest, another_expiry_ends_the_waits_for_the_last_one) {
  Timer timer(this->context(), 1h);
  std::optional<error_code> first, second;
  timer.async_wait(this->note(first));
  EXPECT_EQ(timer.expires_after(1ms), 1u);
  timer.async_wait(this->note(second));
  ASSERT_TRUE(this->run_until_true([&] { return first && second; }));
  EXPECT_EQ(*first, kAborted);
  EXPECT_FALSE(*second);
}

TYPED_TEST(TimerTest, destruction_ends_the_waits) {
  std::optional<Timer> timer(std::in_place, this->context(), 1h);
  std::optional<error_code> outcome;
  timer->async_wait(this->note(outcome));
  timer.reset();
  ASSERT_TRUE(this->run_until_true([&] { return outcome.has_value(); }));
  EXPECT_EQ(*outcome, kAborted);
}

TYPED_TEST(TimerTest, a_time_too_far_to_count_is_never) {
  Timer timer(this->context(), Duration::max());
  EXPECT_EQ(timer.expiry(), TimePoint::never());
}

TYPED_TEST(TimerTest, a_slot_cancels_its_own_wait_alone) {
  Timer timer(this->context(), 1h);
  asio::cancellation_signal signal;
  std::optional<error_code> mine, other;
  timer.async_wait(asio::bind_cancellation_slot(signal.slot(), this->note(mine)));
  timer.async_wait(this->note(other));
  signal.emit(asio::cancellation_type::terminal);
  signal.emit(asio::cancellation_type::terminal);  // of no effect
  ASSERT_TRUE(this->run_until_true([&] { return mine.has_value(); }));
  EXPECT_EQ(*mine, kAborted);
  EXPECT_FALSE(other);
  timer.cancel();
  ASSERT_TRUE(this->run_until_true([&] { return other.has_value(); }));
}

TYPED_TEST(TimerTest, the_loser_of_an_or_is_cancelled) {
  Timer soon(this->context(), 1ms), late(this->context(), TimePoint::never());
  std::optional<size_t> winner;
  asio::co_spawn(
      this->context(),
      [&]() -> asio::awaitable<void> {
        auto outcome = co_await (late.async_wait(asio::use_awaitable) || soon.async_wait(asio::use_awaitable));
        winner = outcome.index();
      },
      asio::detached);
  ASSERT_TRUE(this->run_until_true([&] { return winner.has_value(); }));
  EXPECT_EQ(*winner, 1u);
  EXPECT_EQ(late.cancel(), 0u);
}

TYPED_TEST(TimerTest, a_handler_may_set_cancel_and_destroy_its_timer) {
  auto timer = std::make_unique<Timer>(this->context(), 1ms);
  std::optional<error_code> second, third;
  timer->async_wait([&](error_code) {
    timer->expires_after(1ms);
    timer->async_wait([&](error_code error) {
      second = error;
      timer->async_wait(this->note(third));
      timer.reset();
    });
  });
  ASSERT_TRUE(this->run_until_true([&] { return second && third; }));
  EXPECT_FALSE(*second);
  EXPECT_EQ(*third, kAborted);
}

TYPED_TEST(TimerTest, waiting_coroutines_are_dropped_with_the_context_and_may_touch_other_timers) {
  Timer one(this->context(), 1h), two(this->context(), TimePoint::never());
  int inside = 0;
  struct Guard {
    Guard(int& count, Timer& touched) : count(count), touched(touched) { ++count; }
    ~Guard() { --count, touched.cancel(); }
    int& count;
    Timer& touched;
  };
  auto wait = [&inside](Timer& timer, Timer& other) -> asio::awaitable<void> {
    Guard guard(inside, other);
    Timer own(timer.get_executor(), 2h);
    co_await (timer.async_wait(asio::use_awaitable) || own.async_wait(asio::use_awaitable));
  };
  asio::co_spawn(this->context(), wait(one, two), asio::detached);
  asio::co_spawn(this->context(), wait(two, one), asio::detached);
  ASSERT_TRUE(this->run_until_true([&] { return inside == 2; }));
  this->context().stop();
  this->context().drop_all();
  EXPECT_EQ(inside, 0);
  EXPECT_EQ(one.cancel(), 0u);
}

// As a connection does, that says goodbye when its last user goes.
TYPED_TEST(TimerTest, who_begins_to_wait_while_everything_is_dropped_is_dropped_too) {
  struct Connection : std::enable_shared_from_this<Connection> {
    explicit Connection(Context& context) : timer(context) {}
    void say_goodbye() {
      timer.expires_after(1s);
      timer.async_wait([self = this->shared_from_this()](error_code) {});
    }
    Timer timer;
  };
  struct User {
    ~User() { connection->say_goodbye(); }
    std::shared_ptr<Connection> connection;
  };
  std::weak_ptr<Connection> seen;
  {
    TypeParam form;
    bool is_in_use = false;
    auto use = [&is_in_use](std::shared_ptr<Connection> connection) -> asio::awaitable<void> {
      User user{std::move(connection)};
      is_in_use = true;
      Timer timer(user.connection->timer.get_executor(), 1h);
      co_await timer.async_wait(asio::use_awaitable);
    };
    auto connection = std::make_shared<Connection>(form.context());
    seen = connection;
    asio::co_spawn(form.context(), use(std::move(connection)), asio::detached);
    EXPECT_TRUE(form.run_until_true([&] { return is_in_use; }));
  }
  EXPECT_TRUE(seen.expired());
}

TYPED_TEST(TimerTest, exceptions_and_codes_reach_coroutines_as_asio_gives_them) {
  Timer timer(this->context(), 1h);
  bool has_thrown = false;
  error_code code;
  asio::co_spawn(
      this->context(),
      [&]() -> asio::awaitable<void> {
        try {
          co_await timer.async_wait(asio::use_awaitable);
        } catch (const boost::system::system_error& error) {
          has_thrown = error.code() == kAborted;
        }
      },
      asio::detached);
  asio::co_spawn(
      this->context(),
      [&]() -> asio::awaitable<void> {
        auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        code = error;
        timer.cancel();
      },
      asio::detached);
  asio::post(this->context(), [&] { timer.cancel(); });
  EXPECT_TRUE(this->run_until_true([&] { return has_thrown && code == kAborted; }));
}

TEST(RealTimer, a_pending_wait_keeps_the_context_running_and_a_cancelled_one_does_not) {
  Context context(1);
  Timer timer(context, 1ms), far(context, 1h);
  int called = 0;
  timer.async_wait([&](error_code) { ++called, far.cancel(); });
  far.async_wait([&](error_code) { ++called; });
  context.run();
  EXPECT_EQ(called, 2);
}

TEST(RealTimer, an_earlier_time_does_not_wait_for_a_later_one_that_was_there_first) {
  Context context(1);
  Timer far(context, 1h), near(context, 1ms);
  bool has_come = false;
  far.async_wait([](error_code) {});
  near.async_wait([&](error_code) { has_come = true, context.stop(); });
  context.run();
  EXPECT_TRUE(has_come);
}

}  // namespace
}  // namespace skein::io
