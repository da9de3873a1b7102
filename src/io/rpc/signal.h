// A condition that coroutines of one thread wait for. Waiters check their condition first, wait, and check again.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "io/loop/timer.h"

namespace skein::rpc {

class Signal {
 public:
  enum class Wake { kNotified, kTimeout, kCancelled };

  explicit Signal(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  // Wakes everyone who waits now.
  void notify() { timer_.cancel(); }

  // kCancelled: the waiting coroutine was cancelled (asio cancellation). One deadline at a time: all waiters share it.
  boost::asio::awaitable<Wake> wait(TimePoint deadline = TimePoint::never()) {
    if (timer_.expiry() != deadline) timer_.expires_at(deadline);
    auto [error] = co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    boost::asio::cancellation_state state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) co_return Wake::kCancelled;
    co_return error ? Wake::kNotified : Wake::kTimeout;
  }

 private:
  io::Timer timer_;
};

}  // namespace skein::rpc
