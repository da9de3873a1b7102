#include "manager/rotation_driver.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "manager/root_choice.h"
#include "manager/root_rotation.h"

namespace skein::manager {

namespace asio = boost::asio;

RotationDriver::RotationDriver(const asio::any_io_executor& executor, store::Store& store, Clock& clock, Random& random)
    : store_(store), clock_(clock), random_(random), timer_(executor) {}

RotationDriver::~RotationDriver() {
  *is_alive_ = false;
  timer_.cancel();
}

void RotationDriver::start() {
  watch_ = store_.watch([this](const store::Changes&) {
    has_changed_ = true;
    timer_.cancel();
  });
  asio::co_spawn(timer_.get_executor(), run(), asio::detached);
}

asio::awaitable<void> RotationDriver::run() {
  auto is_alive = is_alive_;
  while (*is_alive) {
    has_changed_ = false;
    auto cluster = store_.view().cluster();
    bool is_under_way = cluster && cluster->root_ca().has_root_rotation();
    if (is_under_way) is_under_way = co_await step();
    if (!*is_alive) co_return;
    if (has_changed_) continue;
    if (is_under_way)
      timer_.expires_after(kRotationPause);
    else
      timer_.expires_at(TimePoint::never());
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

// False when there is nothing more to do.
asio::awaitable<bool> RotationDriver::step() {
  auto is_alive = is_alive_;
  bool may_tell = clock_.now() >= next_batch_;
  RotationOutcome outcome = RotationOutcome::kNone;
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    SKEIN_TRY_ASSIGN(outcome, advance_rotation(tx, may_tell, random_));
    return {};
  });
  if (!*is_alive) co_return false;
  if (!done.ok()) {
    log_error("root-rotation-stuck", {{"why", done.error().text()}});
    co_return true;
  }
  if (outcome == RotationOutcome::kTold) next_batch_ = clock_.now() + kRotationPause;
  if (outcome == RotationOutcome::kFinished)
    log_info("root-rotation-finished", {{"root", root_digest(store_.view().cluster()->root_ca().ca_cert())}});
  co_return outcome == RotationOutcome::kTold || outcome == RotationOutcome::kWaiting;
}

}  // namespace skein::manager
