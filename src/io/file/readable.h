// Waiting until there is something to be read, and not only until Asio says so: its state of a descriptor that was
// closed serves the next one that is opened, which may then be told of an event of the former one.
#pragma once

#include <poll.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace skein::io {

// Bytes, an end or an error: a read would not wait.
inline bool is_readable(int descriptor) {
  pollfd about{descriptor, POLLIN, 0};
  return ::poll(&about, 1, 0) == 1;
}

// `waited_for` is a socket or a stream descriptor of Asio's and lives until then. False if the waiting was cancelled.
template <class Waited>
boost::asio::awaitable<bool> wait_until_readable(Waited& waited_for) {
  for (;;) {
    auto [failed] =
        co_await waited_for.async_wait(Waited::wait_read, boost::asio::as_tuple(boost::asio::use_awaitable));
    if (failed) co_return false;
    if (is_readable(waited_for.native_handle())) co_return true;
  }
}

}  // namespace skein::io
