#include "control/orchestrator/place/update_status.h"

#include "control/orchestrator/place/update_rules.h"

namespace skein::control {

namespace {

std::string because_of(const std::string& what, const std::string& failed_task) {
  return what + " due to failure or early termination of task " + failed_task;
}

}  // namespace

bool is_updating(const api::Service& service) {
  return service.update_status().state() == api::UpdateStatus::UPDATING ||
         service.update_status().state() == api::UpdateStatus::ROLLBACK_STARTED;
}

bool is_paused(const api::Service& service) {
  return service.update_status().state() == api::UpdateStatus::PAUSED ||
         service.update_status().state() == api::UpdateStatus::ROLLBACK_PAUSED;
}

api::Service with_update_started(api::Service service, WallTime now) {
  api::UpdateStatus& status = *service.mutable_update_status();
  status.set_state(api::UpdateStatus::UPDATING);
  status.set_message("update in progress");
  *status.mutable_started_at() = model::to_timestamp(now);
  return service;
}

api::Service with_update_completed(api::Service service, WallTime now) {
  SKEIN_ASSERT(is_updating(service));
  const bool rolled_back = is_rollback(service);
  api::UpdateStatus& status = *service.mutable_update_status();
  status.set_state(rolled_back ? api::UpdateStatus::ROLLBACK_COMPLETED : api::UpdateStatus::COMPLETED);
  status.set_message(rolled_back ? "rollback completed" : "update completed");
  *status.mutable_completed_at() = model::to_timestamp(now);
  return service;
}

api::Service with_update_paused(api::Service service, const std::string& failed_task, const std::string& more) {
  SKEIN_ASSERT(is_updating(service));
  const bool rolls_back = is_rollback(service);
  api::UpdateStatus& status = *service.mutable_update_status();
  status.set_state(rolls_back ? api::UpdateStatus::ROLLBACK_PAUSED : api::UpdateStatus::PAUSED);
  status.set_message(because_of(rolls_back ? "rollback paused" : "update paused", failed_task) +
                     (more.empty() ? "" : "; " + more));
  return service;
}

api::Service with_rollback_started(api::Service service, const std::string& failed_task) {
  SKEIN_ASSERT(service.has_previous_spec());
  api::UpdateStatus& status = *service.mutable_update_status();
  status.set_state(api::UpdateStatus::ROLLBACK_STARTED);
  status.set_message(because_of("update rolled back", failed_task));
  service.mutable_spec()->Swap(service.mutable_previous_spec());
  service.mutable_spec_version()->Swap(service.mutable_previous_spec_version());
  service.clear_previous_spec();
  service.clear_previous_spec_version();
  return service;
}

}  // namespace skein::control
