// What must not be left half done: `work` runs to its end, also if the coroutine that awaits it is asked to end
// (task_scope.h) meanwhile; that one ends afterwards. Not begun by who has been asked already.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

namespace skein::io {

template <class T>
boost::asio::awaitable<T> to_its_end(boost::asio::awaitable<T> work) {
  std::optional<T> result;
  auto keep = [](boost::asio::awaitable<T> begun, std::optional<T>& out) -> boost::asio::awaitable<void> {
    out.emplace(co_await std::move(begun));
  };
  auto executor = co_await boost::asio::this_coro::executor;
  // An empty slot: the cancellation of who waits does not reach it.
  auto out_of_reach = boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot(), boost::asio::use_awaitable);
  co_await boost::asio::co_spawn(executor, keep(std::move(work), result), out_of_reach);
  co_return std::move(*result);
}

}  // namespace skein::io
