// `work` of an object that others may let go before the work has ended.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

namespace skein::io {

template <class T>
boost::asio::awaitable<void> keep_alive(std::shared_ptr<T>, boost::asio::awaitable<void> work) {
  co_await std::move(work);  // NOLINT(bugprone-use-after-move): moved once, clang-tidy reads what co_await becomes
}

}  // namespace skein::io
