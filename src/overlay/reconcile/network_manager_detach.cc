// NetworkManager: endpoints that end, with their names, addresses and records.
#include "base/log.h"
#include "overlay/endpoints/container_endpoints.h"
#include "overlay/reconcile/network_manager.h"

namespace skein::overlay {

namespace asio = boost::asio;

asio::awaitable<Result<void>> NetworkManager::disconnect(std::string container_id, std::string network) {
  const Endpoint* found = find_endpoint(book_, container_id, network);
  if (!found)
    co_return make_error(Code::kPermissionDenied,
                         "container " + container_id + " is not connected to network " + network);
  drop_endpoint(std::string(found->id));
  choose_default_route(book_, container_id);
  if (auto container = book_.containers.find(container_id); container != book_.containers.end())
    for (auto& port : container->second.ports) port.container_address = published_address(book_, container_id);
  if (!has_names(book_, container_id)) names_->stop(container_id);
  auto written = save(container_id);
  auto applied = apply_for(container_id);  // it is dropped in any case
  co_return written.ok() ? applied : written;
}

void NetworkManager::drop_endpoint(const std::string& endpoint_id) {
  auto found = book_.endpoints.find(endpoint_id);
  SKEIN_ASSERT(found != book_.endpoints.end());
  Endpoint endpoint = std::move(found->second);
  book_.endpoints.erase(found);
  withdraw(endpoint);
  give_back(endpoint);
  if (untold_.erase(endpoint_id) == 0) endpoint_observer_(endpoint, false);
}

// It is in the book no more.
void NetworkManager::withdraw(const Endpoint& endpoint) {
  SKEIN_ASSERT(!book_.endpoints.contains(endpoint.id));
  if (swarm_ && !endpoint.network.is_local)
    records_.withdraw(endpoint, !overlay_networks(book_).contains(endpoint.network.id), *swarm_);
}

void NetworkManager::give_back(const Endpoint& endpoint) {
  if (endpoint.network.is_local)
    local_.give_back(endpoint.network.id, endpoint.address);
  else if (swarm_ && !endpoint.attachment_id.empty())
    swarm_->detach(endpoint.attachment_id);
}

void NetworkManager::detach(const std::string& container_id) {
  auto gone = endpoint_ids_of(book_, container_id);
  bool was_known = book_.containers.erase(container_id) > 0;
  if (gone.empty() && !was_known) return;
  names_->stop(container_id);
  for (const auto& id : gone) drop_endpoint(id);
  (void)save(container_id);
  refresh_.soon();
  waits_.look();
}

void NetworkManager::forget(const std::string& container_id, const std::string& netns_path) {
  detach(container_id);
  if (auto gone = host_.delete_namespace(netns_path); !gone.ok())
    log_warning("namespace-left", {{"path", netns_path}, {"why", gone.error().text()}});
}

}  // namespace skein::overlay
