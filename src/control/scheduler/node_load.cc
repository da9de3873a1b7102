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

FreeResources::FreeResources(const api::Resources& all)
    : nano_cpus_(all.nano_cpus()), memory_bytes_(all.memory_bytes()), generic_(all.generic()) {}

bool FreeResources::has_room(const api::Resources& reservations) const {
  return (reservations.nano_cpus() <= 0 || reservations.nano_cpus() <= nano_cpus_) &&
         (reservations.memory_bytes() <= 0 || reservations.memory_bytes() <= memory_bytes_) &&
         generic_.has_room(reservations.generic());
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

NodeLoad::NodeLoad(store::Ref<api::Node> node) : node_(std::move(node)), free_(node_->description().resources()) {}

void NodeLoad::add(const api::Task& task) {
  free_.take(task);
  used_ports_.merge(host_ports_of(task));
  if (task.desired_state() > api::COMPLETE_) return;
  ++active_;
  ++active_by_service_[task.service_id()];
}

size_t NodeLoad::active_of(const std::string& service_id) const {
  auto found = active_by_service_.find(service_id);
  return found == active_by_service_.end() ? 0 : found->second;
}

size_t NodeLoad::failures_of(const ServiceVersion& version) const {
  auto found = failures_.find(version);
  return found == failures_.end() ? 0 : found->second;
}

}  // namespace skein::control
