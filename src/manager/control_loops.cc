#include "manager/control_loops.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/log.h"

namespace skein::manager {

namespace asio = boost::asio;
namespace api = store::api;

namespace {

constexpr Duration kRetryPause = std::chrono::seconds(1);
constexpr Duration kShortestWait = std::chrono::milliseconds(1);

// What placement and orchestration look at; heartbeats and addresses are not part of it.
std::string essence(const api::Node& node) {
  return node.spec().SerializeAsString() + node.description().SerializeAsString() +
         std::to_string(node.status().state()) + node.status().addr() + std::to_string(node.role());
}

bool holds_addresses(const store::Ref<api::Task>& task) { return task && model::is_live(*task); }

}  // namespace

ControlLoops::ControlLoops(asio::any_io_executor executor, store::Store& store, NetworkBook& book, Clock& clock,
                           Random& random)
    : executor_(executor), store_(store), book_(book), clock_(clock), random_(random), timer_(executor) {}

ControlLoops::~ControlLoops() { *is_alive_ = false; }

void ControlLoops::start() {
  watch_ = store_.watch([this](const store::Changes& changes) { take(changes); });
  for (const auto& [id, service] : store_.view().all<api::Service>()) work_.services.insert(id);
  for (const auto& [id, task] : store_.view().all<api::Task>())
    if (!task->service_id().empty()) work_.services.insert(task->service_id());
  for (const auto& [id, node] : store_.view().all<api::Node>()) work_.nodes.insert(id);
  look_soon();
}

void ControlLoops::take(const store::Changes& changes) {
  bool is_network_changed = false;
  for (const auto& change : changes) {
    is_network_changed = is_network_changed || change.kind == store::Kind::kNetwork;
    if (change.kind == store::Kind::kService) work_.services.insert(change.id);
    if (change.kind == store::Kind::kNode) {
      auto old = change.old<api::Node>(), now = change.now<api::Node>();
      if (!old || !now || essence(*old) != essence(*now)) work_.nodes.insert(change.id);
    }
    if (change.kind != store::Kind::kTask) continue;
    auto old = change.old<api::Task>(), now = change.now<api::Task>();
    const std::string& service = (now ? now : old)->service_id();
    if (service.empty()) continue;  // an attachment: its addresses go with it
    work_.services.insert(service);
    if (holds_addresses(old) && !holds_addresses(now)) work_.ended.push_back(old);
  }
  // Something may have become free for those who wait.
  if (!work_.ended.empty() || is_network_changed) work_.services.insert(starved_.begin(), starved_.end());
  if (!work_.is_empty()) look_soon();
}

void ControlLoops::look_soon() {
  if (std::exchange(is_looking_, true)) return;
  asio::co_spawn(executor_, look(), asio::detached);
}

asio::awaitable<void> ControlLoops::look() {
  auto is_alive = is_alive_;
  // What else happens in this turn of the loop belongs to the same look.
  co_await asio::post(executor_, asio::use_awaitable);
  while (*is_alive && !work_.is_empty()) {
    ControlWork work = std::exchange(work_, {});
    ControlOutcome outcome;
    auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
      outcome = run_control_pass(tx, book_, random_, work);
      return {};
    });
    if (!*is_alive) co_return;
    if (!done.ok()) {
      log_error("control-pass-not-stored", {{"why", done.error().text()}});
      // Addresses went back in the book, but not in the store.
      if (auto book = NetworkBook::open(store_.view()); book.ok()) book_ = std::move(*book);
      work_.services.merge(work.services);
      work_.nodes.merge(work.nodes);
      asio::steady_timer pause(executor_, kRetryPause);
      co_await pause.async_wait(asio::use_awaitable);
      continue;
    }
    for (const auto& service : work.services) again_.erase(service), starved_.erase(service);
    for (const auto& [service, when] : outcome.again) again_[service] = when;
    starved_.merge(outcome.starved);
    work_.wants_places = outcome.wants_places;
  }
  if (!*is_alive) co_return;
  is_looking_ = false;
  arm();
}

void ControlLoops::arm() {
  if (again_.empty()) return timer_.expires_at(std::chrono::steady_clock::time_point::max()), void();
  WallTime next = again_.begin()->second;
  for (const auto& [service, when] : again_) next = std::min(next, when);
  timer_.expires_after(std::max<Duration>(next - clock_.wall(), kShortestWait));
  timer_.async_wait([this, is_alive = is_alive_](boost::system::error_code failed) {
    if (failed || !*is_alive) return;
    WallTime now = clock_.wall();
    for (const auto& [service, when] : again_)
      if (when <= now) work_.services.insert(service);
    if (work_.is_empty()) return arm();
    look_soon();
  });
}

}  // namespace skein::manager
