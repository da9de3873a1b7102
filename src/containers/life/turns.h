// At most so many of a kind at a time; whoever comes later waits. Loop's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "io/loop/timer.h"

namespace skein::containers {

class Turns {
  struct State {
    State(const boost::asio::any_io_executor& executor, int count) : freed(executor, TimePoint::never()), free(count) {}
    io::Timer freed;  // cancelled for one waiter at a time
    int free;
  };

 public:
  // It is over when this goes.
  class Ticket {
   public:
    explicit Ticket(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Ticket(Ticket&&) = default;
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (!state_) return;
      ++state_->free;
      state_->freed.cancel_one();
    }

   private:
    std::shared_ptr<State> state_;
  };

  Turns(const boost::asio::any_io_executor& executor, int count) : state_(std::make_shared<State>(executor, count)) {}

  boost::asio::awaitable<Ticket> take() {
    auto state = state_;
    while (state->free == 0) {
      boost::system::error_code ignored;
      co_await state->freed.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    --state->free;
    co_return Ticket(state);
  }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace skein::containers
