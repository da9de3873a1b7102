#include "control/allocator/taken_addresses.h"

#include <algorithm>

#include "base/log.h"
#include "control/allocator/rebuild.h"

namespace skein::control {

namespace {

// An address and, for endpoints that may outlive their network, the copy of it that they carry.
struct Held {
  std::string_view network_id;
  std::string_view address;
  const api::Network* network = nullptr;
  friend bool operator==(const Held& a, const Held& b) {
    return a.network_id == b.network_id && a.address == b.address;
  }
};

template <class Attachments>
void add_attachments(std::vector<Held>& out, const Attachments& attachments) {
  for (const api::NetworkAttachment& attachment : attachments)
    for (const auto& address : attachment.addresses())
      out.push_back({attachment.network().id(), address, &attachment.network()});
}

std::vector<Held> held_by(const store::AnyObject& object) {
  std::vector<Held> out;
  if (auto* task = std::get_if<store::Ref<api::Task>>(&object); task && *task && model::is_live(**task))
    add_attachments(out, (*task)->networks());
  if (auto* node = std::get_if<store::Ref<api::Node>>(&object); node && *node)
    add_attachments(out, (*node)->attachments());
  if (auto* service = std::get_if<store::Ref<api::Service>>(&object); service && *service)
    for (const auto& vip : (*service)->endpoint().virtual_ips()) out.push_back({vip.network_id(), vip.addr(), nullptr});
  std::erase_if(out, [](const Held& held) { return held.address.empty(); });
  return out;
}

void take(Allocator& allocator, const Held& held) {
  const std::string id(held.network_id);
  const bool is_orphan = held.network && !allocator.knows_network(id);
  if (is_orphan && !held.network->driver_state().name().empty()) (void)allocator.hold_network(*held.network);
  (void)allocator.hold_address(id, held.address);
  if (is_orphan) allocator.release_network(id);
}

AddressPools pools_of(const store::Ref<api::Cluster>& cluster) {
  auto pools = AddressPools::from_cluster(cluster ? *cluster : api::Cluster());
  if (pools.ok()) return std::move(*pools);
  log_error("address-pools-not-usable", {{"why", pools.error().text()}});
  return {};
}

}  // namespace

void TakenAddresses::filled() {
  SKEIN_ASSERT(!is_filled_);
  AllocatedObjects objects;
  store::Ref<api::Cluster> cluster;
  for (const store::Change& change : first_) {
    if (auto object = change.now<api::Cluster>()) cluster = object;
    if (auto object = change.now<api::Network>()) objects.networks.push_back(object.get());
    if (auto object = change.now<api::Service>()) objects.services.push_back(object.get());
    if (auto object = change.now<api::Node>()) objects.nodes.push_back(object.get());
    if (auto object = change.now<api::Task>()) objects.tasks.push_back(object.get());
  }
  auto rebuilt = rebuild_allocator(pools_of(cluster), objects);
  for (const Error& problem : rebuilt.problems) log_error("address-conflict-in-store", {{"problem", problem.text()}});
  allocator_ = std::move(rebuilt.allocator);
  for (const api::Task* task : objects.tasks) count_uses(*task, 1);
  first_ = {};
  is_filled_ = true;
}

void TakenAddresses::apply(const store::Change& change) {
  if (!is_filled_) return first_.push_back(change);
  switch (change.kind) {
    case store::Kind::kCluster: return allocator_.set_pools(pools_of(change.now<api::Cluster>()));
    case store::Kind::kNetwork: return follow_network(change);
    case store::Kind::kTask:
    case store::Kind::kService:
    case store::Kind::kNode: break;
    default: return;
  }
  const auto before = held_by(change.before), after = held_by(change.after);
  if (auto old = change.old<api::Task>()) count_uses(*old, -1);
  if (auto now = change.now<api::Task>()) count_uses(*now, 1);
  if (before == after) return;
  // Taken first, so that a network in its last hours does not go in between.
  for (const Held& held : after) take(allocator_, held);
  for (const Held& held : before) allocator_.release_address(std::string(held.network_id), held.address);
}

void TakenAddresses::follow_network(const store::Change& change) {
  auto now = change.now<api::Network>();
  if (!now) return allocator_.release_network(change.id);
  if (now->driver_state().name().empty()) return;  // not allocated
  if (auto taken = allocator_.hold_network(*now); !taken.ok())
    log_error("address-conflict-in-store", {{"problem", taken.error().text()}});
}

void TakenAddresses::count_uses(const api::Task& task, int step) {
  if (task.node_id().empty() || !model::is_live(task)) return;
  for (const auto& attachment : task.networks()) {
    auto [place, is_new] = uses_.try_emplace({task.node_id(), attachment.network().id()}, 0);
    SKEIN_ASSERT(step > 0 || place->second > 0);
    place->second += step;
    if (place->second == 0) uses_.erase(place);
  }
}

Result<api::Network> TakenAddresses::choose_network(const api::Network& network, std::span<const HostPrefix> hosts) {
  SKEIN_TRY_ASSIGN(api::Network chosen, allocator_.allocate_network(network, hosts));
  allocator_.release_network(network.id());
  SKEIN_ASSERT(!allocator_.knows_network(network.id()) && "choosing takes nothing");
  return chosen;
}

Result<std::string> TakenAddresses::choose_address(const std::string& network_id, std::string_view requested) {
  SKEIN_TRY_ASSIGN(std::string chosen, allocator_.allocate_address(network_id, requested));
  allocator_.release_address(network_id, chosen);
  return chosen;
}

std::set<std::string> networks_with_room_by(const store::Change& change) {
  std::set<std::string> out;
  const auto after = held_by(change.after);
  for (const Held& held : held_by(change.before))
    if (std::ranges::find(after, held) == after.end()) out.emplace(held.network_id);
  return out;
}

}  // namespace skein::control
