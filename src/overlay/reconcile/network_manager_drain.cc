// NetworkManager: tasks that begin and cease to serve, and who must know of it before they may end.
#include "overlay/endpoints/container_endpoints.h"
#include "overlay/peers/gossip_view.h"
#include "overlay/reconcile/network_manager.h"
#include "overlay/reconcile/network_states.h"

namespace skein::overlay {

namespace asio = boost::asio;

void NetworkManager::set_serving(const std::string& container_id, Serving serving) {
  auto mine = endpoint_ids_of(book_, container_id);
  if (mine.empty()) return;
  for (const auto& id : mine) book_.endpoints.at(id).serving = serving;
  (void)save(container_id);
  announce(container_id);
  refresh_.soon();
}

// The data path is what the book and the records of the others say.
void NetworkManager::note_applied(const plan::ApplyFailures& failures) {
  drop_lost(failures);
  if (failures.host) return;
  encryption_.follow(refresh_.encryption());
  drained_here_.clear();
  for (const auto& [id, endpoint] : book_.endpoints)
    if (endpoint.serving == Serving::kDraining) drained_here_.insert(id);
  if (swarm_)
    for (const auto& network : overlay_networks(book_))
      records_.acknowledge(network, receipts_due(refresh_.draining(network)), *swarm_);
  waits_.look();
}

// As drain_pause(), of the endpoint that takes longest.
std::optional<Duration> NetworkManager::drain_pause_of(const std::string& container_id) const {
  Duration out = Duration::zero();
  const gossip::Gossip* gossip = swarm_ ? swarm_->gossip() : nullptr;
  for (const Endpoint* endpoint : endpoints_of(book_, container_id)) {
    if (endpoint->serving != Serving::kDraining) continue;
    if (!drained_here_.contains(endpoint->id)) return std::nullopt;
    if (endpoint->network.is_local) continue;
    auto receipt = receipt_for(records_.key_of(endpoint->id));
    if (!gossip || !receipt) return std::nullopt;  // the others cannot be told now
    auto pause = drain_pause(observe_hosts(*gossip, endpoint->network.id), *receipt);
    if (!pause) return std::nullopt;
    out = std::max(out, *pause);
  }
  return out;
}

asio::awaitable<void> NetworkManager::wait_until_drained(std::string container_id, Duration limit) {
  return waits_.wait(limit, [this, container_id = std::move(container_id)] { return drain_pause_of(container_id); });
}

}  // namespace skein::overlay
