#include "control/orchestrator/place/update_rules.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <map>

#include "control/scheduler/constraint.h"
#include "model/port_access.h"

namespace skein::control {

namespace {

using google::protobuf::util::MessageDifferencer;

bool node_satisfies(const store::Tables& view, const api::Task& task, const api::Placement& placement) {
  auto node = view.get<api::Node>(task.node_id());
  auto constraints = parse_constraints(placement.constraints());
  return node && constraints.ok() && satisfies(*constraints, *node);
}

// Hosts know by their tasks where a published port is open.
std::map<std::string, std::string> publish_labels(const api::Annotations& annotations) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : annotations.labels())
    if (name.starts_with(model::kPublishLabel)) out.emplace(name, value);
  return out;
}

}  // namespace

bool is_rollback(const api::Service& service) {
  switch (service.update_status().state()) {
    case api::UpdateStatus::ROLLBACK_STARTED:
    case api::UpdateStatus::ROLLBACK_PAUSED:
    case api::UpdateStatus::ROLLBACK_COMPLETED: return true;
    default: return false;
  }
}

UpdateRules update_rules(const api::Service& service) {
  const api::ServiceSpec& spec = service.spec();
  UpdateRules out;
  const bool rolls_back = is_rollback(service);
  if (rolls_back ? spec.has_rollback() : spec.has_update()) {
    const api::UpdateConfig& config = rolls_back ? spec.rollback() : spec.update();
    out.parallelism = config.parallelism();
    out.delay = std::max(Duration{}, model::from_wire(config.delay()));
    if (config.has_monitor()) out.monitor = std::max(Duration{}, model::from_wire(config.monitor()));
    out.failure_action = config.failure_action();
    out.max_failure_ratio = config.max_failure_ratio();
    out.is_start_first = config.order() == api::UpdateConfig::START_FIRST;
  }
  if (out.delay >= out.monitor) out.monitor = out.delay + std::chrono::seconds(1);
  return out;
}

bool is_dirty(const store::Tables& view, const api::Service& service, const api::Task& task) {
  if (task.has_spec_version() && task.spec_version().index() == service.spec_version().index()) return false;
  if (!MessageDifferencer::Equals(service.spec().endpoint(), task.endpoint().spec())) return true;
  if (publish_labels(service.spec().annotations()) != publish_labels(task.service_annotations())) return true;
  api::TaskSpec wanted = service.spec().task();
  api::TaskSpec present = task.spec();
  if (task.status().state() >= api::RUNNING && wanted.has_container() && present.has_container()) {
    wanted.mutable_container()->clear_pull_options();
    present.mutable_container()->clear_pull_options();
  }
  if (!MessageDifferencer::Equals(wanted.placement(), present.placement())) {
    if (!node_satisfies(view, task, wanted.placement())) return true;
    wanted.clear_placement();
    present.clear_placement();
  }
  return !MessageDifferencer::Equals(wanted, present);
}

}  // namespace skein::control
