// Waiting for a time, on the loop of the executor's context: the only timer of the program, so that all of it runs on
// virtual time, too. With asio::steady_timer's interface and semantics, in base/time/clock.h's types.
//
// Not thread-safe: used on the context's thread. Handlers are posted, never called from inside a function of the timer;
// with no error when the time has come, with operation_aborted when the wait was cancelled: by cancel(), by another
// expiry, by the timer's destruction, or by the handler's cancellation slot (so `operator||` works). May be cancelled
// and destroyed after the context's drop_all(), not after the context.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/io_context.hpp>

#include "base/time/loop.h"
#include "io/loop/wait.h"

namespace skein::io {

class LoopService;

class Timer {
 public:
  // Its time is long past, as long as no other is set.
  explicit Timer(const boost::asio::any_io_executor& executor);
  Timer(const boost::asio::any_io_executor& executor, TimePoint expiry);
  Timer(const boost::asio::any_io_executor& executor, Duration after);
  explicit Timer(boost::asio::io_context& context) : Timer(context.get_executor()) {}
  Timer(boost::asio::io_context& context, TimePoint expiry) : Timer(context.get_executor(), expiry) {}
  Timer(boost::asio::io_context& context, Duration after) : Timer(context.get_executor(), after) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  const boost::asio::any_io_executor& get_executor() const { return executor_; }
  // Of the loop on which it waits.
  TimePoint now() const { return loop_.now(); }

  TimePoint expiry() const { return expiry_; }
  // Sets the time; never() waits for cancel() only. Cancels all waits. Returns how many there were.
  size_t expires_at(TimePoint expiry);
  size_t expires_after(Duration after) { return expires_at(loop_.now() + after); }

  // Cancels all waits; the expiry stays. Returns how many there were. A wait whose time has come, and whose handler is
  // posted, is over and cannot be cancelled.
  size_t cancel();
  // Cancels the oldest wait.
  size_t cancel_one();

  // The handler's signature is void(boost::system::error_code). Any number may wait at once.
  template <class Token>
  auto async_wait(Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
        [this](auto&& handler) {
          using Handler = std::decay_t<decltype(handler)>;
          auto slot = boost::asio::get_associated_cancellation_slot(handler);
          Wait* wait = new WaitOf<Handler>(std::forward<decltype(handler)>(handler), executor_);
          if (begin(*wait) && slot.is_connected())
            slot.assign([this, wait](boost::asio::cancellation_type) { cancel(*wait); });
        },
        token);
  }

 private:
  bool begin(Wait& wait);
  void cancel(Wait& wait);
  void drop_call_if_idle();
  void come();

  boost::asio::any_io_executor executor_;
  LoopService& service_;
  Loop& loop_;
  TimePoint expiry_;
  Loop::CallId call_;  // while somebody waits for a time that is not never()
  WaitsOfTimer waits_;
};

}  // namespace skein::io
