#include "manager/keys/key_rotation_driver.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"

namespace skein::manager {

namespace asio = boost::asio;

namespace {

constexpr Duration kStoreRetryPause = std::chrono::seconds(5);

}  // namespace

KeyRotationDriver::KeyRotationDriver(io::TaskScope& tasks, store::Store& store, Clock& clock, Random& random,
                                     Duration period)
    : tasks_(tasks), store_(store), clock_(clock), random_(random), schedule_(period), timer_(tasks.executor()) {}

void KeyRotationDriver::start() {
  watch_ = store_.watch([this](const store::Changes& changes) {
    if (std::ranges::any_of(changes, [](const auto& change) { return change.kind == store::Kind::kCluster; }))
      timer_.cancel();
  });
  tasks_.spawn("key rotation", run());
}

asio::awaitable<void> KeyRotationDriver::run() {
  for (;;) {
    const TimePoint at = next_look();
    if (at <= clock_.now()) {
      co_await step();
      continue;
    }
    timer_.expires_after(at == TimePoint::never() ? Duration::max() : at - clock_.now());
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

TimePoint KeyRotationDriver::next_look() {
  auto cluster = store_.view().cluster();
  if (!cluster) return TimePoint::never();
  const TimePoint now = clock_.now();
  const bool is_waiting = schedule_.next(*cluster, now, store_.time()) == KeyStep::kWait;
  return std::max(is_waiting ? schedule_.due() : now, not_before_);
}

asio::awaitable<void> KeyRotationDriver::step() {
  KeyStep done = KeyStep::kWait;
  auto stored = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    done = advance_keys(tx, schedule_, clock_.now(), random_);
    return {};
  });
  if (!stored.ok()) {
    not_before_ = clock_.now() + kStoreRetryPause;
    log_error("network-keys-not-rotated", {{"why", stored.error().text()}, {"then", "tried again"}});
  } else if (done == KeyStep::kRotate) {
    auto cluster = store_.view().cluster();
    log_info("network-keys-rotated", {{"clock", std::to_string(cluster->encryption_key_lamport_clock())}});
  }
}

}  // namespace skein::manager
