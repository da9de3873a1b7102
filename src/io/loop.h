// The loop of a program whose objects are used by coroutines that nobody waits for.
//
// At the end such coroutines are suspended anywhere, with guards in their frames that write into those objects. So the
// order is: stop, drop_all, destroy the objects, destroy the loop.
#pragma once

#include <boost/asio/io_context.hpp>

namespace skein::io {

class Loop : public boost::asio::io_context {
 public:
  using io_context::io_context;

  // Destroys every suspended coroutine and waiting handler. Nothing runs afterwards; sockets and timers of this loop
  // may still be cancelled and destroyed.
  void drop_all() { shutdown(); }
};

}  // namespace skein::io
