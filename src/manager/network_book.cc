#include "manager/network_book.h"

#include <algorithm>

#include "base/log.h"
#include "control/allocator/rebuild.h"

namespace skein::manager {

namespace api = store::api;

Result<NetworkBook> NetworkBook::open(const store::Tables& view) {
  auto cluster = view.cluster();
  SKEIN_TRY_ASSIGN(control::AddressPools pools,
                   control::AddressPools::from_cluster(cluster ? *cluster : api::Cluster()));
  control::AllocatedObjects objects;
  for (const auto& [id, network] : view.all<api::Network>()) objects.networks.push_back(network.get());
  for (const auto& [id, service] : view.all<api::Service>()) objects.services.push_back(service.get());
  for (const auto& [id, node] : view.all<api::Node>()) objects.nodes.push_back(node.get());
  for (const auto& [id, task] : view.all<api::Task>())
    if (model::is_live(*task)) objects.tasks.push_back(task.get());
  auto rebuilt = control::rebuild_allocator(std::move(pools), objects);
  for (const Error& problem : rebuilt.problems) log_error("address-conflict-in-store", {{"problem", problem.text()}});
  return NetworkBook(std::move(rebuilt.allocator));
}

Result<api::Network> NetworkBook::allocate(const api::Network& network, const store::Tables& view) {
  std::vector<control::HostPrefix> hosts;
  for (const auto& [id, node] : view.all<api::Node>())
    if (auto address = Ipv4::parse(node->status().addr()); address.ok())
      hosts.push_back(
          {node->description().hostname().empty() ? id : node->description().hostname(), Subnet{*address, 32}});
  return allocator_.allocate_network(network, hosts);
}

Result<void> NetworkBook::attach_node(store::Transaction& tx, const std::string& node_id, const api::Network& network) {
  auto node = tx.view().get<api::Node>(node_id);
  if (!node) return make_error(Code::kNotFound, "node " + node_id + " not found");
  for (const auto& attachment : node->attachments())
    if (attachment.network().id() == network.id()) return {};
  SKEIN_TRY_ASSIGN(std::string address, allocator_.allocate_address(network.id()));
  api::Node changed = *node;
  auto* attachment = changed.add_attachments();
  *attachment->mutable_network() = network;
  attachment->add_addresses(address);
  tx.update(std::move(changed));
  return {};
}

Result<void> NetworkBook::attach_node_to_ingress(store::Transaction& tx, const std::string& node_id) {
  for (const auto& [id, network] : tx.view().all<api::Network>())
    if (network->spec().ingress()) return attach_node(tx, node_id, *network);
  return {};
}

Result<void> NetworkBook::attach_task(store::Transaction& tx, api::Task task, bool is_new) {
  std::vector<std::pair<std::string, std::string>> taken;
  auto give_back = [&](Error error) -> Result<void> {
    for (const auto& [network, address] : taken) allocator_.release_address(network, address);
    return error;
  };
  for (auto& attachment : *task.mutable_networks()) {
    const std::string& network_id = attachment.network().id();
    if (!attachment.addresses().empty() && !is_new) continue;
    if (!allocator_.has_addresses(network_id)) continue;
    std::string requested = attachment.addresses().empty() ? "" : attachment.addresses(0);
    auto address = allocator_.allocate_address(network_id, requested);
    if (!address.ok()) return give_back(address.error());
    taken.emplace_back(network_id, *address);
    attachment.clear_addresses();
    attachment.add_addresses(*address);
  }
  if (!task.node_id().empty()) attach_node_of(tx, task);
  if (is_new)
    tx.create(std::move(task));
  else
    tx.update(std::move(task));
  return {};
}

void NetworkBook::attach_node_of(store::Transaction& tx, const api::Task& task) {
  for (const auto& attachment : task.networks()) {
    if (!allocator_.has_addresses(attachment.network().id())) continue;
    // A node that runs out of its own address can still run the task: only Docker's balancing needs it.
    if (auto own = attach_node(tx, task.node_id(), attachment.network()); !own.ok())
      log_warning("node-without-address",
                  {{"node", task.node_id()}, {"network", attachment.network().id()}, {"why", own.error().text()}});
  }
}

void NetworkBook::detach_task(store::Transaction& tx, const api::Task& task) {
  for (const auto& attachment : task.networks()) {
    const std::string& network_id = attachment.network().id();
    for (const auto& address : attachment.addresses()) allocator_.release_address(network_id, address);
    bool is_used = attachment.network().spec().ingress();
    for (const auto& other : tx.view().tasks_on_node(task.node_id()))
      if (other->id() != task.id() && model::is_live(*other))
        for (const auto& theirs : other->networks()) is_used = is_used || theirs.network().id() == network_id;
    auto node = tx.view().get<api::Node>(task.node_id());
    if (is_used || !node) continue;
    api::Node changed = *node;
    auto* attachments = changed.mutable_attachments();
    auto gone = std::find_if(attachments->begin(), attachments->end(),
                             [&](const auto& a) { return a.network().id() == network_id; });
    if (gone == attachments->end()) continue;
    for (const auto& address : gone->addresses()) allocator_.release_address(network_id, address);
    attachments->erase(gone);
    tx.update(std::move(changed));
  }
}

void NetworkBook::detach_node(const api::Node& node) {
  for (const auto& attachment : node.attachments())
    for (const auto& address : attachment.addresses()) allocator_.release_address(attachment.network().id(), address);
}

Result<AddressChange> NetworkBook::attach_service(api::Service& service) {
  AddressChange change = detach_service(service);
  api::Endpoint* endpoint = service.mutable_endpoint();
  *endpoint->mutable_spec() = service.spec().endpoint();
  *endpoint->mutable_ports() = service.spec().endpoint().ports();
  endpoint->clear_virtual_ips();
  if (service.spec().endpoint().mode() != api::EndpointSpec::VIP) return change;
  for (const auto& attachment : service.spec().task().networks()) {
    if (!allocator_.has_addresses(attachment.target())) continue;  // "host" and "bridge" are each node's own
    auto* vip = endpoint->add_virtual_ips();
    vip->set_network_id(attachment.target());
    auto kept = std::find_if(change.left.begin(), change.left.end(),
                             [&](const auto& held) { return held.network_id == attachment.target(); });
    if (kept != change.left.end()) {
      vip->set_addr(kept->address);
      change.left.erase(kept);
      continue;
    }
    auto address = allocator_.allocate_address(attachment.target());
    if (!address.ok()) {
      settle(change, false);
      return address.error();
    }
    vip->set_addr(*address);
    change.taken.push_back({attachment.target(), *address});
  }
  return change;
}

AddressChange NetworkBook::detach_service(const api::Service& service) const {
  AddressChange change;
  for (const auto& vip : service.endpoint().virtual_ips()) change.left.push_back({vip.network_id(), vip.addr()});
  return change;
}

void NetworkBook::settle(const AddressChange& change, bool is_stored) {
  for (const auto& gone : is_stored ? change.left : change.taken)
    allocator_.release_address(gone.network_id, gone.address);
}

}  // namespace skein::manager
