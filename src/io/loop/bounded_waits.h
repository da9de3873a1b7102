// Who waits for something that the other hosts have to say, but not for ever: woken when something may have changed,
// and when the time has come. On the loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/time/clock.h"
#include "io/loop/timer.h"

namespace skein::io {

class BoundedWaits {
 public:
  BoundedWaits(boost::asio::io_context& loop, Clock& clock) : loop_(loop), clock_(clock) {}

  // Ended before us. Returns when as much time has passed since the call as `pause` says, or `limit`. `pause` is asked
  // now and at every look(); none: nobody knows yet.
  boost::asio::awaitable<void> wait(Duration limit, std::function<std::optional<Duration>()> pause);
  void look();

 private:
  boost::asio::io_context& loop_;
  Clock& clock_;
  std::vector<std::weak_ptr<Timer>> timers_;
};

}  // namespace skein::io
