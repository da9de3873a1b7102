#include "manager/addresses/network_addresses.h"

#include <algorithm>

#include "base/log.h"
#include "control/allocator/taken_ports.h"

namespace skein::manager {

namespace api = store::api;

namespace {

control::TakenAddresses& taken(const store::Tables& view) { return view.index<control::TakenAddresses>(); }

template <class Attachments>
auto find_network(Attachments& attachments, const std::string& id) {
  return std::find_if(attachments.begin(), attachments.end(), [&](const auto& a) { return a.network().id() == id; });
}

Result<void> attach_node(store::Transaction& tx, const std::string& node_id, const api::Network& network) {
  auto node = tx.view().get<api::Node>(node_id);
  if (!node) return make_error(Code::kNotFound, "node " + node_id + " not found");
  const bool needs_address = network.spec().ingress() || model::is_docker_engine(*node);
  const auto known = find_network(node->attachments(), network.id());
  const bool is_known = known != node->attachments().end();
  if (is_known && (!needs_address || !known->addresses().empty())) return {};
  api::Node changed = *node;
  auto* attachment =
      is_known ? &*find_network(*changed.mutable_attachments(), network.id()) : changed.add_attachments();
  *attachment->mutable_network() = network;
  if (needs_address) {
    SKEIN_TRY_ASSIGN(std::string address, taken(tx.view()).choose_address(network.id()));
    attachment->add_addresses(address);
  }
  tx.update(std::move(changed));
  return {};
}

}  // namespace

Result<api::Network> with_subnets(const api::Network& network, const store::Tables& view) {
  std::vector<control::HostPrefix> hosts;
  for (const auto& [id, node] : view.all<api::Node>())
    if (auto address = Ipv4::parse(node->status().addr()); address.ok())
      hosts.push_back(
          {node->description().hostname().empty() ? id : node->description().hostname(), Subnet{*address, 32}});
  return taken(view).choose_network(network, hosts);
}

store::Ref<api::Network> find_ingress(const store::Tables& view) {
  for (const auto& [id, network] : view.all<api::Network>())
    if (network->spec().ingress()) return network;
  return nullptr;
}

bool needs_ingress(const api::EndpointSpec& wanted) {
  return wanted.mode() == api::EndpointSpec::VIP &&
         std::any_of(wanted.ports().begin(), wanted.ports().end(),
                     [](const auto& port) { return port.publish_mode() == api::PortConfig::INGRESS; });
}

std::vector<std::string> networks_of(const api::Task& task) {
  std::vector<std::string> out;
  // attach_service puts the address on ingress first.
  if (needs_ingress(task.endpoint().spec()) && !task.endpoint().virtual_ips().empty())
    out.push_back(task.endpoint().virtual_ips(0).network_id());
  for (const auto& wanted : task.spec().networks()) out.push_back(wanted.target());
  return out;
}

Result<void> attach_node_to_ingress(store::Transaction& tx, const std::string& node_id) {
  auto network = find_ingress(tx.view());
  return network ? attach_node(tx, node_id, *network) : Result<void>();
}

Result<void> attach_task(store::Transaction& tx, api::Task task, bool is_new) {
  for (auto& attachment : *task.mutable_networks()) {
    const std::string& network_id = attachment.network().id();
    if (!attachment.addresses().empty() && !is_new) continue;
    if (!taken(tx.view()).has_addresses(network_id)) continue;
    std::string requested = attachment.addresses().empty() ? "" : attachment.addresses(0);
    SKEIN_TRY_ASSIGN(std::string address, taken(tx.view()).choose_address(network_id, requested));
    attachment.clear_addresses();
    attachment.add_addresses(address);
  }
  const api::Task stored = task;
  if (is_new)
    tx.create(std::move(task));
  else
    tx.update(std::move(task));
  if (stored.node_id().empty()) return {};
  // A node that runs out of its own address can still run the task: only Docker's balancing needs it.
  if (auto own = attach_node_of(tx, stored); !own.ok())
    log_warning("node-without-address", {{"node", stored.node_id()}, {"why", own.error().text()}});
  return {};
}

Result<void> attach_node_of(store::Transaction& tx, const api::Task& task) {
  Result<void> out;
  for (const auto& attachment : task.networks()) {
    if (!taken(tx.view()).has_addresses(attachment.network().id())) continue;
    auto own = attach_node(tx, task.node_id(), attachment.network());
    if (!own.ok()) out = with_context(std::move(own).error(), "network " + attachment.network().id());
  }
  return out;
}

void leave_if_unused(store::Transaction& tx, const std::string& node_id, const std::string& network_id) {
  auto node = tx.view().get<api::Node>(node_id);
  if (!node || taken(tx.view()).is_used_on(node_id, network_id)) return;
  auto found = find_network(node->attachments(), network_id);
  if (found == node->attachments().end() || found->network().spec().ingress()) return;
  api::Node changed = *node;
  changed.mutable_attachments()->erase(find_network(*changed.mutable_attachments(), network_id));
  tx.update(std::move(changed));
}

void remove_attachment(store::Transaction& tx, const api::Task& task) {
  const auto kept = tx.view().get<api::Task>(task.id());  // `task` may be the stored one
  tx.remove<api::Task>(task.id());
  for (const auto& attachment : task.networks()) leave_if_unused(tx, task.node_id(), attachment.network().id());
}

Result<void> attach_service(const store::Tables& view, api::Service& service) {
  SKEIN_TRY_ASSIGN(auto ports, view.index<control::TakenPorts>().choose(service, view));
  std::vector<std::string> networks;
  if (needs_ingress(service.spec().endpoint())) {
    auto ingress = find_ingress(view);
    if (!ingress)
      return make_error(Code::kFailedPrecondition, "service needs ingress network, but no ingress network is present");
    networks.push_back(ingress->id());
  }
  for (const auto& attachment : service.spec().task().networks()) networks.push_back(attachment.target());
  const api::Endpoint before = service.endpoint();
  api::Endpoint* endpoint = service.mutable_endpoint();
  *endpoint->mutable_spec() = service.spec().endpoint();
  *endpoint->mutable_ports() = std::move(ports);
  endpoint->clear_virtual_ips();
  if (service.spec().endpoint().mode() != api::EndpointSpec::VIP) return {};
  for (const auto& network : networks) {
    if (!taken(view).has_addresses(network)) continue;  // "host" and "bridge" are each node's own
    auto* vip = endpoint->add_virtual_ips();
    vip->set_network_id(network);
    auto kept = std::find_if(before.virtual_ips().begin(), before.virtual_ips().end(),
                             [&](const auto& held) { return held.network_id() == network; });
    if (kept != before.virtual_ips().end()) {
      vip->set_addr(kept->addr());
      continue;
    }
    SKEIN_TRY_ASSIGN(*vip->mutable_addr(), taken(view).choose_address(network));
  }
  return {};
}

}  // namespace skein::manager
