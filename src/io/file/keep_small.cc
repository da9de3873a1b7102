#include "io/file/keep_small.h"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "base/log.h"
#include "base/resident.h"
#include "io/loop/timer.h"

namespace skein::io {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr Duration kFirstPause = 60s;  // starting up, and joining after that, are over
constexpr Duration kPause = 600s;

}  // namespace

asio::awaitable<void> keep_small() {
  Timer timer(co_await asio::this_coro::executor);
  for (Duration pause = kFirstPause;; pause = kPause) {
    timer.expires_after(pause);
    co_await timer.async_wait(asio::use_awaitable);
    if (auto given = give_back_file_pages(); !given.ok()) log_warning("memory-kept", {{"why", given.error().text()}});
  }
}

}  // namespace skein::io
