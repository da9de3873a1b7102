// The Loop (base/time/loop.h) that belongs to an Asio context: real time, unless an io::VirtualLoop owns the context.
//
// The context must be an asio::io_context, run by one thread. The loop lives as long as it.
#pragma once

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

#include "base/time/loop.h"

namespace skein::io {

Loop& loop_of(boost::asio::execution_context& context);

template <class Executor>
requires(!std::is_convertible_v<Executor&, boost::asio::execution_context&>) Loop& loop_of(const Executor& executor) {
  return loop_of(boost::asio::query(executor, boost::asio::execution::context));
}

}  // namespace skein::io
