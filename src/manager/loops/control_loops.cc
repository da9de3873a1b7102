#include "manager/loops/control_loops.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/log.h"

namespace skein::manager {

namespace asio = boost::asio;

namespace {

constexpr Duration kRetryPause = std::chrono::seconds(1);
constexpr Duration kShortestWait = std::chrono::milliseconds(1);

}  // namespace

ControlLoops::ControlLoops(io::TaskScope& tasks, store::Store& store, Random& random)
    : tasks_(tasks), store_(store), random_(random), work_came_(tasks.executor()) {}

void ControlLoops::start() {
  watch_ = store_.watch([this](const store::Changes& changes) {
    agenda_.take(changes);
    if (!agenda_.is_empty()) work_came_.cancel();
  });
  agenda_.begin(store_.view());
  tasks_.spawn("control passes", run());
}

asio::awaitable<void> ControlLoops::run() {
  for (;;) {
    // What else happens in this turn of the loop belongs to the same pass, and others have their turn between two.
    co_await asio::post(tasks_.executor(), asio::use_awaitable);
    if (agenda_.is_empty())
      co_await wait_for_work();
    else
      co_await pass();
  }
}

asio::awaitable<void> ControlLoops::pass() {
  ControlWork work = agenda_.next();
  ControlOutcome outcome;
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    outcome = run_control_pass(tx, random_, work);
    return {};
  });
  if (done.ok()) {
    agenda_.passed(work, std::move(outcome));
    co_return;
  }
  log_error("control-pass-not-stored", {{"why", done.error().text()}});
  agenda_.not_stored(std::move(work));
  io::Timer pause(tasks_.executor(), kRetryPause);
  co_await pause.async_wait(asio::use_awaitable);
}

asio::awaitable<void> ControlLoops::wait_for_work() {
  const auto next = agenda_.next_wake();
  work_came_.expires_after(next ? std::max<Duration>(*next - store_.time(), kShortestWait) : Duration::max());
  co_await work_came_.async_wait(asio::as_tuple(asio::use_awaitable));
  agenda_.wake(store_.time());
}

}  // namespace skein::manager
