#include "io/loop/context.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>

#include "io/loop/timer.h"

namespace skein::io {
namespace {

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;

// What coroutines use, as a node is.
struct Thing {
  explicit Thing(Context& loop) : timer(loop), near(loop), far(loop), signals(loop, SIGUSR2) {
    asio::local::connect_pair(near, far);
  }
  ~Thing() { timer.cancel(); }
  Timer timer;
  Socket near, far;
  asio::signal_set signals;
  int in_progress = 0;
};

struct InProgress {
  explicit InProgress(Thing& t) : thing(t) { ++thing.in_progress; }
  ~InProgress() {
    --thing.in_progress;
    thing.timer.cancel();  // wakes others, who are gone or going
  }
  Thing& thing;
};

asio::awaitable<void> wait_for_timer(Thing& thing) {
  InProgress guard(thing);
  thing.timer.expires_after(std::chrono::hours(1));
  co_await thing.timer.async_wait(asio::use_awaitable);
}
asio::awaitable<void> wait_for_bytes(Thing& thing) {
  InProgress guard(thing);
  char byte;
  co_await asio::async_read(thing.near, asio::buffer(&byte, 1), asio::use_awaitable);
}
asio::awaitable<void> wait_for_signal(Thing& thing) {
  InProgress guard(thing);
  co_await thing.signals.async_wait(asio::use_awaitable);
}
asio::awaitable<void> wait_for_others(Thing& thing) {
  InProgress guard(thing);
  co_await wait_for_bytes(thing);
}

TEST(Context, coroutines_are_dropped_while_what_they_use_is_there) {
  Context loop(1);
  auto thing = std::make_unique<Thing>(loop);
  asio::co_spawn(loop, wait_for_timer(*thing), asio::detached);
  asio::co_spawn(loop, wait_for_others(*thing), asio::detached);
  asio::co_spawn(loop, wait_for_signal(*thing), asio::detached);
  for (int i = 0; i < 100 && thing->in_progress < 4; ++i) loop.run_one_for(std::chrono::milliseconds(100));
  ASSERT_EQ(thing->in_progress, 4);
  asio::post(loop, [guard = std::make_shared<InProgress>(*thing)] { FAIL() << "nothing runs any more"; });
  loop.stop();
  loop.drop_all();
  EXPECT_EQ(thing->in_progress, 0);
  thing.reset();  // its sockets and timer belong to the loop still
}

}  // namespace
}  // namespace skein::io
