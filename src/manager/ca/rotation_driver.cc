#include "manager/ca/rotation_driver.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "manager/ca/root_choice.h"
#include "manager/ca/root_rotation.h"

namespace skein::manager {

namespace asio = boost::asio;

RotationDriver::RotationDriver(io::TaskScope& tasks, store::Store& store, Clock& clock, Random& random)
    : tasks_(tasks), store_(store), clock_(clock), random_(random), timer_(tasks.executor()) {}

void RotationDriver::start() {
  watch_ = store_.watch([this](const store::Changes&) {
    has_changed_ = true;
    timer_.cancel();
  });
  tasks_.spawn("root rotation", run());
}

asio::awaitable<void> RotationDriver::run() {
  for (;;) {
    has_changed_ = false;
    auto cluster = store_.view().cluster();
    bool is_under_way = cluster && cluster->root_ca().has_root_rotation();
    if (is_under_way) is_under_way = co_await step();
    if (has_changed_) continue;
    timer_.expires_after(is_under_way ? kRotationPause : Duration::max());
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

// False when there is nothing more to do.
asio::awaitable<bool> RotationDriver::step() {
  bool may_tell = clock_.now() >= next_batch_;
  RotationOutcome outcome = RotationOutcome::kNone;
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    SKEIN_TRY_ASSIGN(outcome, advance_rotation(tx, may_tell, random_));
    return {};
  });
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
