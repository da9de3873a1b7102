// Node: a manager whose keys are sealed by the swarm's unlock key (docs/design/autolock.md).
#include "base/log.h"
#include "cluster/unlock_keys.h"
#include "io/loop/scoped_call.h"
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
  return files_.seal(key, cluster->meta().version().index());
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
