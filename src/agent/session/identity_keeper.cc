#include "agent/session/identity_keeper.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"

namespace skein::agent {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// Docker's pauses between attempts: the first, what is added to the doubled last one, and the longest.
constexpr Duration kPauseFirst = 5s;
constexpr Duration kPauseMax = 1h;
constexpr Duration kWaitMax = 1h;  // long waits are cut, so that a clock that was set does not matter

}  // namespace

IdentityKeeper::IdentityKeeper(io::TaskScope& tasks, rpc::Transport& transport, Identity identity, IdentityHooks hooks,
                               std::shared_ptr<rpc::TlsConfig> tls, Clock& clock, Random& random)
    : tasks_(tasks),
      transport_(transport),
      identity_(std::move(identity)),
      hooks_(std::move(hooks)),
      tls_(std::move(tls)),
      clock_(clock),
      random_(random),
      timer_(tasks.executor()) {}

void IdentityKeeper::start() { tasks_.spawn("identity", run()); }

void IdentityKeeper::take_state(model::api::IssuanceStatus::State state) {
  is_asked_ = state == model::api::IssuanceStatus::ROTATE;
  if (is_asked_) timer_.cancel();  // also a pause after a failure: we have just heard of a manager
}

void IdentityKeeper::take_root(const std::string& root_pem) {
  if (root_pem.empty() || root_pem == identity_.root_pem || root_pem == refused_root_) return;
  // A root that does not vouch for ourselves is not (yet) the root of our swarm.
  Identity next = identity_;
  next.root_pem = root_pem;
  auto node = ca::verify_node_certificate(next.certificate_pem, root_pem, clock_.wall(), ca::Expired::kAllow);
  if (!node.ok()) {
    refused_root_ = root_pem;
    return log_error("root-refused", {{"why", node.error().text()}});
  }
  next.node = *node;
  auto adopted = adopt(std::move(next));
  if (!adopted.ok()) return log_error("root-not-taken-over", {{"why", adopted.error().text()}});
  log_info("root-taken-over");
}

asio::awaitable<void> IdentityKeeper::run() {
  Duration pause = kPauseFirst;
  while (true) {
    const auto& node = identity_.node;
    WallTime due = ca::choose_renewal_time(node.not_before, node.not_after, random_);
    co_await wait_until_due(due);
    auto renewed = co_await renew();
    if (renewed.ok()) {
      pause = kPauseFirst;
      continue;
    }
    log_error("certificate-not-renewed", {{"why", renewed.error().text()}});
    boost::system::error_code ignored;
    timer_.expires_after(pause);
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    pause = std::min<Duration>(2 * pause + kPauseFirst, kPauseMax);
  }
}

asio::awaitable<void> IdentityKeeper::wait_until_due(WallTime due) {
  while (!is_asked_ && clock_.wall() < due) {
    boost::system::error_code ignored;
    timer_.expires_after(std::min<Duration>(due - clock_.wall(), kWaitMax));
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

asio::awaitable<Result<void>> IdentityKeeper::renew() {
  auto renewal = co_await request_renewal(transport_, tls_, hooks_.managers(), random_);
  co_await io::end_if_cancelled();
  if (!renewal.ok()) co_return renewal.error();
  SKEIN_CO_TRY_ASSIGN(Identity next, identity_from(*renewal));
  SKEIN_CO_TRY(adopt(std::move(next)));
  is_asked_ = false;
  log_info("certificate-renewed", {{"until", identity_.node.not_after.rfc3339()}});
  co_return Result<void>();
}

// Verified by the root that we know; or by the manager's if that one vouches for our present certificate: we were away
// when the root was replaced.
Result<Identity> IdentityKeeper::identity_from(const Renewal& renewal) const {
  const WallTime now = clock_.wall();
  Identity next{identity_.root_pem, renewal.certificate_pem, renewal.key_pem, {}};
  auto node = ca::verify_node_certificate(next.certificate_pem, next.root_pem, now);
  if (!node.ok() && ca::verify_node_certificate(identity_.certificate_pem, renewal.root_pem, now).ok()) {
    next.root_pem = renewal.root_pem;
    node = ca::verify_node_certificate(next.certificate_pem, next.root_pem, now);
  }
  if (!node.ok()) return node.error();
  SKEIN_TRY(ca::check_key_matches(next.certificate_pem, next.key_pem));
  if (node->node_id != identity_.node.node_id || node->cluster_id != identity_.node.cluster_id)
    return make_error(Code::kUnauthenticated, "the manager issued the certificate of another node", node->node_id);
  next.node = *node;
  return next;
}

Result<void> IdentityKeeper::adopt(Identity next) {
  SKEIN_TRY(hooks_.save(next));
  SKEIN_TRY(tls_->replace({next.root_pem, next.certificate_pem, next.key_pem}));
  identity_ = std::move(next);
  refused_root_.clear();  // it may vouch for this one
  hooks_.on_changed();
  return {};
}

}  // namespace skein::agent
