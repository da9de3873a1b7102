// Node: a manager whose keys are sealed by the swarm's unlock key (docs/design/autolock.md).
#include "base/log.h"
#include "cluster/unlock_keys.h"
#include "io/loop/scoped_call.h"
#include "io/loop/timer.h"
#include "node/node.h"
#include "wire/unlock_key.h"

namespace skein::node {

namespace asio = boost::asio;

// The store says by which key the node's keys are to be sealed, and is written first. Until somebody knows that key,
// the one of before holds, or none: wherever the daemon is killed, the file is opened by a key that was shown.
Result<void> Node::seal_keys() {
  auto cluster = store_ ? store_->view().cluster() : nullptr;
  if (!cluster) return {};
  const std::string key = cluster::unlock_key_of(*cluster);
  if (!key.empty() && key != shown_key_) return {};
  SKEIN_TRY(files_.seal(key, cluster->meta().version().index()));
  renew_store_key_if_due();
  return {};
}

// Who knows an earlier unlock key, or copied the disk while there was none, opens nothing that is written from then on.
void Node::renew_store_key_if_due() {
  if (!store_ || is_renewing_) return;
  const auto key = files_.store_key();
  if (!key.ok() || (key->earlier.empty() && !key->is_due)) return;
  is_renewing_ = true;
  tasks_.spawn("store-key", renew_store_key(store_));
}

// Whether it goes on after a death of the daemon is seen by the file: it has the earlier key until nothing needs that.
asio::awaitable<void> Node::renew_store_key(std::shared_ptr<store::Store> store) {
  io::Timer pause(parts_.loop);
  auto step = [&]() -> asio::awaitable<Result<bool>> {  // whether there is more to do
    SKEIN_CO_TRY_ASSIGN(NodeFiles::StoreKey key, files_.store_key());
    if (key.earlier.empty()) {
      if (!key.is_due) co_return false;
      SKEIN_CO_TRY_ASSIGN(key.key, files_.renew_store_key());
      journal_->renew(key.key);
    }
    SKEIN_CO_TRY(co_await store->rewrite());
    if (store != store_) co_return false;
    SKEIN_CO_TRY(files_.keep_store_key(key.key));
    journal_->forget_earlier();
    log_info("store-key-renewed");
    co_return true;
  };
  while (store == store_) {
    auto more = co_await step();
    if (more.ok() && !*more) break;
    if (more.ok()) continue;
    log_warning("store-key-not-renewed", {{"why", more.error().text()}, {"then", "tried again"}});
    pause.expires_after(io::KeptFile::kPause);
    co_await pause.async_wait(asio::use_awaitable);
  }
  is_renewing_ = false;
  renew_store_key_if_due();  // of another store, when it has been left for another swarm meanwhile
}

void Node::unlock_key_shown(const std::string& key) {
  shown_key_ = key;
  (void)key_file_.write();
}

// The data path goes on by what the last session left on disk.
void Node::stay_locked(const NodeState& state) {
  std::optional<Ipv4> tunnel;
  auto advertised = HostPort::parse(state.advertise_address, 2377);
  for (const std::string& text :
       {state.data_path_address, advertised.ok() ? advertised->host : std::string(), state.local_address})
    if (auto address = Ipv4::parse(text); address.ok() && !tunnel) tunnel = *address;
  locked_ = std::make_unique<overlay::LockedSwarm>(tunnel, state.data_path_port, api::swarm_is_locked(), parts_.clock);
  parts_.networks.enter_swarm(*locked_);
  log_info("swarm-locked", {{"then", "it waits for `swarm unlock`"}});
}

asio::awaitable<Result<void>> Node::unlock(std::string key) {
  return io::call_in(tasks_, "unlock", unlock_swarm(std::move(key)), daemon_ends());
}

asio::awaitable<Result<void>> Node::unlock_swarm(std::string text) {
  if (is_entering_)
    co_return make_error(Code::kUnavailable, "This node is entering a swarm just now", "", "wait until that has ended");
  if (!is_locked_) co_return make_error(Code::kAlreadyExists, "swarm is not locked");
  SKEIN_CO_TRY_ASSIGN(const std::string key, wire::parse_unlock_key(text));
  SKEIN_CO_TRY(files_.unlock(key));
  is_locked_ = false;
  log_info("swarm-unlocked");
  co_await resume();
  if (trouble_) co_return with_context(*trouble_, "swarm component could not be started");
  co_return Result<void>();
}

}  // namespace skein::node
