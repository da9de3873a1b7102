#include "control/allocator/rebuild.h"

#include <map>
#include <set>

#include "model/objects.h"

namespace skein::control {
namespace {

class Rebuilder {
 public:
  explicit Rebuilder(AddressPools pools) : out_{Allocator(std::move(pools)), {}} {}

  void take_network(const api::Network& network) {
    if (network.driver_state().name().empty()) return;  // not allocated yet
    if (auto taken = out_.allocator.restore_network(network); !taken.ok()) note(taken.error());
  }

  // Endpoints that outlive their network carry a copy of it.
  void take_attachment(const api::NetworkAttachment& attachment, const std::string& owner) {
    const api::Network& network = attachment.network();
    if (!out_.allocator.knows_network(network.id()) && attachment.addresses_size() > 0) {
      take_network(network);
      orphans_.insert(network.id());
    }
    for (const std::string& address : attachment.addresses()) take_address(network.id(), address, owner);
  }

  void take_address(const std::string& network_id, const std::string& address, const std::string& owner) {
    if (address.empty()) return;
    auto [first, is_new] = owners_.emplace(std::pair(network_id, address), owner);
    auto taken = out_.allocator.restore_address(network_id, address);
    if (taken.ok()) return;
    Error error = with_context(taken.error(), owner);
    if (!is_new) error.because = "the other is " + first->second;
    note(std::move(error));
  }

  Rebuilt finish() && {
    for (const std::string& id : orphans_) out_.allocator.release_network(id);
    return std::move(out_);
  }

 private:
  void note(Error error) { out_.problems.push_back(std::move(error)); }

  Rebuilt out_;
  std::map<std::pair<std::string, std::string>, std::string> owners_;
  std::set<std::string> orphans_;
};

}  // namespace

Rebuilt rebuild_allocator(AddressPools pools, const AllocatedObjects& objects) {
  Rebuilder rebuilder(std::move(pools));
  for (const api::Network* network : objects.networks) rebuilder.take_network(*network);
  for (const api::Service* service : objects.services)
    for (const api::Endpoint::VirtualIP& vip : service->endpoint().virtual_ips())
      rebuilder.take_address(vip.network_id(), vip.addr(), "service " + service->id());
  for (const api::Task* task : objects.tasks) {
    if (!model::is_live(*task)) continue;
    for (const api::NetworkAttachment& attachment : task->networks())
      rebuilder.take_attachment(attachment, "task " + task->id());
  }
  for (const api::Node* node : objects.nodes)
    for (const api::NetworkAttachment& attachment : node->attachments())
      rebuilder.take_attachment(attachment, "node " + node->id());
  return std::move(rebuilder).finish();
}

}  // namespace skein::control
