// Waits for a change of this host's addresses, for who could not use one that was not there.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/time/clock.h"
#include "io/loop/timer.h"

namespace skein::node {

class AddressWatch {
 public:
  // Where the kernel tells nothing, waits end by their limits.
  explicit AddressWatch(boost::asio::io_context& loop);

  // Until an address came or went since the last wait, `limit` has passed, or cancel().
  boost::asio::awaitable<void> wait(Duration limit);
  void cancel();

 private:
  void take_events();

  boost::asio::posix::stream_descriptor events_;
  io::Timer limit_;
};

}  // namespace skein::node
