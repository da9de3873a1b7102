// A daemon's memory follows what it does, not what it once did.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace skein::io {

// Gives file pages back (base/resident.h) a minute from now, and then every ten minutes. On the loop's thread, until it
// is cancelled.
boost::asio::awaitable<void> keep_small();

}  // namespace skein::io
