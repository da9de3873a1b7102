#include "control/scheduler/node_load.h"

#include <algorithm>

namespace skein::control {

ServiceVersion service_version_of(const api::Task& task) { return {task.service_id(), task.spec_version().index()}; }

// The wish stands in the endpoint's spec, what was given in its ports; those of host mode are the same in both.
std::set<PublishedPort> host_ports_of(const api::Task& task) {
  std::set<PublishedPort> out;
  for (const auto* ports : {&task.endpoint().ports(), &task.endpoint().spec().ports()})
    for (const api::PortConfig& port : *ports)
      if (port.publish_mode() == api::PortConfig::HOST && port.published_port() != 0)
        out.insert({port.protocol(), port.published_port()});
  return out;
}

WallTime state_known_at(const api::Task& task) {
  const api::TaskStatus& status = task.status();
  return model::to_wall(status.has_applied_at() ? status.applied_at() : status.timestamp());
}

FreeResources::FreeResources(const api::Resources& all)
    : nano_cpus_(all.nano_cpus()), memory_bytes_(all.memory_bytes()), generic_(all.generic()) {}

bool FreeResources::has_room(const api::Resources& reservations) const {
  return (reservations.nano_cpus() <= 0 || reservations.nano_cpus() <= nano_cpus_) &&
         (reservations.memory_bytes() <= 0 || reservations.memory_bytes() <= memory_bytes_) &&
         (reservations.generic().empty() || generic_.has_room(reservations.generic()));
}

bool FreeResources::has(const api::Task& task) const {
  const api::Resources& reservations = task.spec().resources().reservations();
  return (reservations.nano_cpus() <= 0 || reservations.nano_cpus() <= nano_cpus_) &&
         (reservations.memory_bytes() <= 0 || reservations.memory_bytes() <= memory_bytes_) &&
         generic_.has(task.assigned_generic_resources());
}

void FreeResources::take(const api::Task& task) {
  const api::Resources& reservations = task.spec().resources().reservations();
  nano_cpus_ -= std::max<int64_t>(0, reservations.nano_cpus());
  memory_bytes_ -= std::max<int64_t>(0, reservations.memory_bytes());
  generic_.take(task.assigned_generic_resources());
}

size_t NodeLoad::active_of(const std::string& service_id) const {
  auto found = active_by_service_.find(service_id);
  return found == active_by_service_.end() ? 0 : found->second;
}

size_t NodeLoad::failures_of(const ServiceVersion& version, WallTime since) const {
  if (failures_.empty()) return 0;
  auto found = failures_.find(version);
  if (found == failures_.end()) return 0;
  return static_cast<size_t>(std::distance(found->second.upper_bound(since), found->second.end()));
}

void NodeLoad::set_node(store::Ref<api::Node> node) {
  const api::Resources before = node_ ? node_->description().resources() : api::Resources();
  node_ = std::move(node);
  const api::Resources after = node_ ? node_->description().resources() : api::Resources();
  free_.nano_cpus_ += after.nano_cpus() - before.nano_cpus();
  free_.memory_bytes_ += after.memory_bytes() - before.memory_bytes();
  if (!before.generic().empty() || !after.generic().empty()) count_generic();
}

// Taking them is no sum that could be taken back: names are free or not, and what a node has can shrink below it.
void NodeLoad::count_generic() {
  free_.generic_ = GenericResources(node_ ? node_->description().resources().generic() : GenericList());
  for (const auto& [id, task] : generic_holders_) free_.generic_.take(task->assigned_generic_resources());
}

namespace {

bool is_failure(const api::Task& task) {
  return task.status().state() == api::FAILED_ || task.status().state() == api::REJECTED;
}

template <class Map, class Key>
void count_down(Map& counts, const Key& key) {
  auto found = counts.find(key);
  SKEIN_ASSERT(found != counts.end() && found->second > 0);
  if (--found->second == 0) counts.erase(found);
}

}  // namespace

void NodeLoad::add(const store::Ref<api::Task>& ref) {
  const api::Task& task = *ref;
  ++tasks_;
  if (is_failure(task)) failures_[service_version_of(task)].insert(state_known_at(task));
  if (!is_placed(task)) return;
  free_.take(task);
  if (!task.assigned_generic_resources().empty()) generic_holders_[task.id()] = ref;
  for (const PublishedPort& port : host_ports_of(task)) ++used_ports_[port];
  if (is_starting(task)) starting_.insert(state_known_at(task));
  if (task.desired_state() > api::COMPLETE_) return;
  SKEIN_ASSERT(active_ < tasks_);
  ++active_;
  ++active_by_service_[task.service_id()];
}

void NodeLoad::remove(const store::Ref<api::Task>& ref) {
  const api::Task& task = *ref;
  SKEIN_ASSERT(tasks_ > 0);
  --tasks_;
  if (is_failure(task)) {
    auto found = failures_.find(service_version_of(task));
    SKEIN_ASSERT(found != failures_.end() && found->second.contains(state_known_at(task)));
    found->second.erase(found->second.find(state_known_at(task)));
    if (found->second.empty()) failures_.erase(found);
  }
  if (!is_placed(task)) return;
  const api::Resources& reservations = task.spec().resources().reservations();
  free_.nano_cpus_ += std::max<int64_t>(0, reservations.nano_cpus());
  free_.memory_bytes_ += std::max<int64_t>(0, reservations.memory_bytes());
  if (generic_holders_.erase(task.id()) > 0) count_generic();
  for (const PublishedPort& port : host_ports_of(task)) count_down(used_ports_, port);
  SKEIN_ASSERT(!is_starting(task) || starting_.contains(state_known_at(task)));
  if (is_starting(task)) starting_.erase(starting_.find(state_known_at(task)));
  if (task.desired_state() > api::COMPLETE_) return;
  SKEIN_ASSERT(active_ > 0);
  --active_;
  count_down(active_by_service_, task.service_id());
}

const NodeLoad* NodeLoads::find(const std::string& node_id) const {
  auto found = loads_.find(node_id);
  return found == loads_.end() || !found->second.node_ ? nullptr : &found->second;
}

void NodeLoads::apply(const store::Change& change) {
  auto drop_if_empty = [&](const std::string& id) {
    if (auto found = loads_.find(id); found->second.is_empty()) loads_.erase(found);
  };
  if (change.kind == store::Kind::kNode) {
    loads_[change.id].set_node(change.now<api::Node>());
    return drop_if_empty(change.id);
  }
  if (change.kind != store::Kind::kTask) return;
  auto old = change.old<api::Task>(), now = change.now<api::Task>();
  if (old && !old->node_id().empty()) {
    SKEIN_ASSERT(loads_.contains(old->node_id()));
    loads_.at(old->node_id()).remove(old);
    SKEIN_ASSERT(!is_starting(*old) || starting_.contains(state_known_at(*old)));
    if (is_starting(*old)) starting_.erase(starting_.find(state_known_at(*old)));
  }
  if (now && !now->node_id().empty()) {
    loads_[now->node_id()].add(now);
    if (is_starting(*now)) starting_.insert(state_known_at(*now));
  }
  if (old && !old->node_id().empty()) drop_if_empty(old->node_id());
}

}  // namespace skein::control
