#include "io/loop/bounded_waits.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "io/loop/timer.h"

namespace skein::io {

namespace asio = boost::asio;

asio::awaitable<void> BoundedWaits::wait(Duration limit, std::function<std::optional<Duration>()> pause) {
  auto timer = std::make_shared<Timer>(loop_);
  timers_.push_back(timer);
  const TimePoint begin = clock_.now();
  while (true) {
    const Duration left = begin + std::min(limit, pause().value_or(limit)) - clock_.now();
    if (left <= Duration::zero()) co_return;
    timer->expires_after(left);
    boost::system::error_code ignored;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

void BoundedWaits::look() {
  std::erase_if(timers_, [](const auto& timer) { return timer.expired(); });
  for (const auto& each : timers_)
    if (auto timer = each.lock()) timer->cancel();
}

}  // namespace skein::io
