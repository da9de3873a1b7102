// NetworkManager: encrypted networks. Who encrypts is another's affair (encryption.h).
#include "overlay/endpoints/container_endpoints.h"
#include "overlay/reconcile/network_manager.h"

namespace skein::overlay {

namespace asio = boost::asio;

// The others find it in the records of what is on encrypted networks.
void NetworkManager::take_epoch() {
  records_.set_encryption(encryption_.epoch(), host_.encryption_backend().is_kernel);
  if (swarm_) announce_all();
}

// Nobody is put on an encrypted network where nothing could be encrypted.
asio::awaitable<Result<void>> NetworkManager::prepare_encryption(const ContainerNetworkRequest& request) {
  std::string network;
  for (const Endpoint* endpoint : endpoints_of(book_, request.container_id))
    if (endpoint->network.is_encrypted) network = endpoint->network.name;
  if (network.empty()) co_return Result<void>();
  const Result<void> is_ready = co_await encryption_.ready();
  if (is_ready.ok()) co_return Result<void>();
  co_return with_context(is_ready.error(), "network " + network + " is encrypted");
}

}  // namespace skein::overlay
