#include "control/orchestrator/place/new_task.h"

namespace skein::control {

namespace {

// Docker's name: <service>.<slot>.<id>, or the node's id in place of the slot. Empty where only the node will know:
// slot 0 of a replicated job.
std::string task_name(const api::Service& service, const Place& place, const std::string& id) {
  std::string at = place.slot != 0 ? std::to_string(place.slot) : place.node_id;
  return at.empty() ? "" : service.spec().annotations().name() + "." + at + "." + id;
}

}  // namespace

api::Task new_task(const api::Cluster* cluster, const api::Service& service, const Place& place,
                   const std::string& id) {
  SKEIN_ASSERT(!id.empty() && !service.id().empty());
  api::Task out;
  out.set_id(id);
  out.set_service_id(service.id());
  out.set_slot(place.slot);
  out.set_node_id(place.node_id);
  out.mutable_annotations()->set_name(task_name(service, place, id));
  *out.mutable_service_annotations() = service.spec().annotations();
  *out.mutable_spec() = service.spec().task();
  if (service.has_spec_version()) *out.mutable_spec_version() = service.spec_version();
  *out.mutable_endpoint() = service.endpoint();
  *out.mutable_endpoint()->mutable_spec() = service.spec().endpoint();
  if (is_job(service)) *out.mutable_job_iteration() = service.job_status().job_iteration();
  if (service.spec().task().has_log_driver())
    *out.mutable_log_driver() = service.spec().task().log_driver();
  else if (cluster && cluster->spec().task_defaults().has_log_driver())
    *out.mutable_log_driver() = cluster->spec().task_defaults().log_driver();
  out.set_desired_state(api::READY_);
  out.mutable_status()->set_state(api::NEW);
  out.mutable_status()->set_message("created");
  return out;
}

}  // namespace skein::control
