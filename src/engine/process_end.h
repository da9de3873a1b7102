// Waiting for the end of a process by its pidfd.
#pragma once

#include <poll.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace skein::engine {

// Whether there is something to be read, or the end: for what Asio has said before. Its state of a descriptor that was
// closed serves the next one, which may then hear of an event that was not its own.
inline bool is_readable(int fd) {
  pollfd about{fd, POLLIN, 0};
  return ::poll(&about, 1, 0) == 1;
}

// False if the waiting was cancelled. `pidfd` must live until then.
inline boost::asio::awaitable<bool> wait_until_readable(boost::asio::posix::stream_descriptor& pidfd) {
  for (;;) {
    auto [failed] = co_await pidfd.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                              boost::asio::as_tuple(boost::asio::use_awaitable));
    if (failed) co_return false;
    if (is_readable(pidfd.native_handle())) co_return true;
  }
}

}  // namespace skein::engine
