// A call from outside into what the owner of a scope does. It runs in the scope and ends with it; whoever called may
// live longer than the owner, and hears `closed` then. A caller that goes away does not end what it has asked for.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>

#include "base/result.h"
#include "io/loop/task_scope.h"
#include "io/loop/timer.h"

namespace skein::io {

template <class T>
boost::asio::awaitable<Result<T>> call_in(TaskScope& scope, const char* name, boost::asio::awaitable<Result<T>> work,
                                          Error closed) {
  struct Call {
    explicit Call(const boost::asio::any_io_executor& executor) : told(executor, TimePoint::never()) {}
    std::optional<Result<T>> result;
    bool is_over = false;
    Timer told;
  };
  auto call = std::make_shared<Call>(scope.executor());
  // Given up with the frame of the work, however that ends.
  std::shared_ptr<void> end(nullptr, [call](void*) {
    call->is_over = true;
    call->told.cancel();
  });
  auto run = [](boost::asio::awaitable<Result<T>> begun, std::shared_ptr<Call> out,
                std::shared_ptr<void>) -> boost::asio::awaitable<void> {
    out->result.emplace(co_await std::move(begun));
  };
  scope.spawn(name, run(std::move(work), call, std::move(end)));
  while (!call->is_over) co_await call->told.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  if (!call->result) co_return closed;
  co_return std::move(*call->result);
}

}  // namespace skein::io
