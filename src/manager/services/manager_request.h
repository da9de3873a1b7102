// What a user asks of the manager runs in the manager's scope: whoever waits for the answer may live longer than the
// manager, which goes when the node leaves. A transaction that has begun is ended, and answered.
#pragma once

#include "io/loop/scoped_call.h"

namespace skein::manager {

template <class T>
boost::asio::awaitable<Result<T>> request_in(io::TaskScope& tasks, boost::asio::awaitable<Result<T>> work) {
  return io::call_in(tasks, "request", std::move(work),
                     make_error(Code::kUnavailable, "This node has left its swarm", "",
                                "ask a manager of the swarm, if it has another one"));
}

}  // namespace skein::manager
