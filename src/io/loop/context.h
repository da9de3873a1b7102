// The io_context of a program whose objects are used by coroutines that nobody waits for.
//
// At the end such coroutines are suspended anywhere, with guards in their frames that write into those objects. So the
// order is: stop, drop_all, destroy the objects, destroy the context.
#pragma once

#include <boost/asio/io_context.hpp>

namespace skein::io {

class Context : public boost::asio::io_context {
 public:
  using io_context::io_context;

  // Destroys every suspended coroutine and waiting handler. Nothing runs afterwards; sockets and timers of this context
  // may still be cancelled and destroyed.
  void drop_all() { shutdown(); }
};

}  // namespace skein::io
