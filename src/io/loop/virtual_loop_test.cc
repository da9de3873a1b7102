// Days of a swarm's life pass in a test, and the same seed gives the same life.
#include "io/loop/virtual_loop.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/random.h"
#include "io/loop/loop.h"
#include "io/loop/timer.h"

namespace skein::io {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> tick(Duration period, std::vector<TimePoint>& ticks) {
  Timer timer(co_await asio::this_coro::executor);
  for (;;) {
    timer.expires_after(period);
    co_await timer.async_wait(asio::use_awaitable);
    ticks.push_back(timer.now());
  }
}

TEST(VirtualLoop, a_week_passes_without_waiting) {
  VirtualLoop loop;
  std::vector<TimePoint> ticks;
  asio::co_spawn(loop.context(), tick(1h, ticks), asio::detached);
  loop.run_for(7 * 24h);
  ASSERT_EQ(ticks.size(), 7u * 24u);
  EXPECT_EQ(ticks.front(), VirtualLoop::kBegin + 1h);
  EXPECT_EQ(ticks.back(), VirtualLoop::kBegin + 7 * 24h);
  EXPECT_EQ(loop.now(), ticks.back());
}

TEST(VirtualLoop, time_stands_still_while_something_is_ready) {
  VirtualLoop loop;
  int left = 1000;
  std::function<void()> again = [&] {
    EXPECT_EQ(loop.now(), VirtualLoop::kBegin);
    if (--left) asio::post(loop.context(), again);
  };
  asio::post(loop.context(), again);
  loop.call_at(VirtualLoop::kBegin + 1ns, [&] { EXPECT_EQ(left, 0); });
  loop.run_for(1ns);
  EXPECT_EQ(left, 0);
}

TEST(VirtualLoop, run_ready_makes_the_calls_of_this_moment_and_none_later) {
  VirtualLoop loop;
  int made = 0;
  loop.call_at(loop.now(), [&] { loop.call_at(loop.now(), [&] { ++made; }), ++made; });
  loop.call_at(loop.now() + 1ns, [&] { ++made; });
  loop.run_ready();
  EXPECT_EQ(made, 2);
  EXPECT_EQ(loop.now(), VirtualLoop::kBegin);
}

TEST(VirtualLoop, waiting_for_a_condition_ends_at_the_handler_that_fulfils_it) {
  VirtualLoop loop;
  std::vector<TimePoint> ticks;
  asio::co_spawn(loop.context(), tick(1s, ticks), asio::detached);
  EXPECT_TRUE(loop.run_until_true(1min, [&] { return ticks.size() == 5; }));
  EXPECT_EQ(loop.now(), VirtualLoop::kBegin + 5s);
  EXPECT_FALSE(loop.run_until_true(10s, [&] { return ticks.size() == 100; }));
  EXPECT_EQ(loop.now(), VirtualLoop::kBegin + 15s);
}

TEST(VirtualLoop, the_context_leads_to_the_loop_and_to_its_clocks) {
  VirtualLoop loop;
  Context& other = loop.add_context();
  Loop& own = loop_of(loop.context());
  EXPECT_EQ(&loop_of(loop.context().get_executor()), &own);
  const asio::any_io_executor any = loop.context().get_executor();
  EXPECT_EQ(&loop_of(any), &own);
  loop.run_for(90s);
  EXPECT_EQ(own.wall(), VirtualLoop::kWallBegin + 90s);
  loop.set_wall_ahead(loop.context(), -1h);
  EXPECT_EQ(own.wall(), VirtualLoop::kWallBegin + 90s - 1h);
  EXPECT_EQ(own.now(), VirtualLoop::kBegin + 90s);
  EXPECT_EQ(loop_of(other).wall(), VirtualLoop::kWallBegin + 90s);
}

TEST(VirtualLoop, a_stalled_context_gets_its_turns_later_while_the_others_go_on) {
  VirtualLoop loop;
  std::vector<TimePoint> stalled, other;
  asio::co_spawn(loop.context(), tick(2s, stalled), asio::detached);
  asio::co_spawn(loop.add_context(), tick(2s, other), asio::detached);
  loop.run_for(1s);
  loop.stall(loop.context(), 6500ms);
  loop.run_for(8s);
  EXPECT_EQ(stalled, (std::vector{VirtualLoop::kBegin + 7500ms}));
  EXPECT_EQ(other, (std::vector{VirtualLoop::kBegin + 2s, VirtualLoop::kBegin + 4s, VirtualLoop::kBegin + 6s,
                                VirtualLoop::kBegin + 8s}));
}

TEST(VirtualLoop, a_circle_of_handlers_is_an_error_and_not_a_hanging_test) {
  VirtualLoop loop;
  std::function<void()> forever = [&] { asio::post(loop.context(), forever); };
  asio::post(loop.context(), forever);
  EXPECT_THROW(loop.run_ready(), std::logic_error);
}

// Many coroutines that draw from one source: any difference of order would change all that follows.
std::vector<uint64_t> life(uint64_t seed) {
  VirtualLoop loop;
  SeededRandom random(seed);
  std::vector<uint64_t> out;
  auto live = [&](uint64_t name) -> asio::awaitable<void> {
    Timer timer(loop.context());
    for (int i = 0; i < 50; ++i) {
      timer.expires_after(std::chrono::milliseconds(random.below(3)));
      co_await timer.async_wait(asio::use_awaitable);
      out.push_back(name), out.push_back(static_cast<uint64_t>(loop.now().ns));
    }
  };
  for (uint64_t name = 0; name < 20; ++name) asio::co_spawn(loop.context(), live(name), asio::detached);
  loop.run_for(1min);
  return out;
}

TEST(VirtualLoop, a_seed_gives_the_same_life_again) {
  EXPECT_EQ(life(1).size(), 20u * 50u * 2u);
  EXPECT_EQ(life(1), life(1));
  EXPECT_NE(life(1), life(2));
}

TEST(VirtualLoop, what_is_suspended_goes_with_it) {
  auto token = std::make_shared<int>();
  {
    VirtualLoop loop;
    auto wait = [](std::shared_ptr<int>, Context& context) -> asio::awaitable<void> {
      Timer timer(context, TimePoint::never());
      co_await timer.async_wait(asio::use_awaitable);
    };
    asio::co_spawn(loop.context(), wait(token, loop.context()), asio::detached);
    loop.run_ready();
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
}

TEST(VirtualLoop, programs_share_one_time_and_may_die_before_the_others) {
  VirtualLoop loop;
  std::map<std::string, int> ticks;
  auto tick = [&](std::string name, Context& context) -> asio::awaitable<void> {
    Timer timer(context);
    for (;;) {
      timer.expires_after(1s);
      co_await timer.async_wait(asio::use_awaitable);
      ++ticks[name];
    }
  };
  Context& mortal = loop.add_context();
  asio::co_spawn(mortal, tick("mortal", mortal), asio::detached);
  asio::co_spawn(loop.context(), tick("other", loop.context()), asio::detached);
  loop.run_for(10s);
  EXPECT_EQ(ticks, (std::map<std::string, int>{{"mortal", 10}, {"other", 10}}));
  loop.drop(mortal);
  Context& next = loop.add_context();
  asio::co_spawn(next, tick("next", next), asio::detached);
  loop.run_for(10s);
  EXPECT_EQ(ticks, (std::map<std::string, int>{{"mortal", 10}, {"next", 10}, {"other", 20}}));
}

}  // namespace
}  // namespace skein::io
