#include "manager/control_loops.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/log.h"
#include "io/timer.h"

namespace skein::manager {

namespace asio = boost::asio;

namespace {

constexpr Duration kRetryPause = std::chrono::seconds(1);
constexpr Duration kShortestWait = std::chrono::milliseconds(1);

}  // namespace

ControlLoops::ControlLoops(asio::any_io_executor executor, store::Store& store, Clock& clock, Random& random)
    : executor_(std::move(executor)), store_(store), clock_(clock), random_(random), timer_(executor_) {}

ControlLoops::~ControlLoops() { *is_alive_ = false; }

void ControlLoops::start() {
  watch_ = store_.watch([this](const store::Changes& changes) {
    agenda_.take(changes);
    if (!agenda_.is_empty()) look_soon();
  });
  agenda_.begin(store_.view());
  look_soon();
}

void ControlLoops::look_soon() {
  if (std::exchange(is_looking_, true)) return;
  asio::co_spawn(executor_, look(), asio::detached);
}

asio::awaitable<void> ControlLoops::look() {
  auto is_alive = is_alive_;
  // What else happens in this turn of the loop belongs to the same look.
  co_await asio::post(executor_, asio::use_awaitable);
  while (*is_alive && !agenda_.is_empty()) {
    ControlWork work = agenda_.next();
    ControlOutcome outcome;
    auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
      outcome = run_control_pass(tx, random_, work);
      return {};
    });
    if (!*is_alive) co_return;
    if (!done.ok()) {
      log_error("control-pass-not-stored", {{"why", done.error().text()}});
      agenda_.not_stored(std::move(work));
      io::Timer pause(executor_, kRetryPause);
      co_await pause.async_wait(asio::use_awaitable);
      continue;
    }
    agenda_.passed(work, std::move(outcome));
    co_await asio::post(executor_, asio::use_awaitable);  // others have their turn between two passes
  }
  if (!*is_alive) co_return;
  is_looking_ = false;
  arm();
}

void ControlLoops::arm() {
  auto next = agenda_.next_wake();
  if (!next) return timer_.expires_at(TimePoint::never()), void();
  timer_.expires_after(std::max<Duration>(*next - clock_.wall(), kShortestWait));
  timer_.async_wait([this, is_alive = is_alive_](boost::system::error_code failed) {
    if (failed || !*is_alive) return;
    agenda_.wake(clock_.wall());
    if (agenda_.is_empty()) return arm();
    look_soon();
  });
}

}  // namespace skein::manager
