#include "control/orchestrator/pass/pass.h"

#include <algorithm>

#include "control/orchestrator/place/new_task.h"
#include "control/orchestrator/prerequisite/prerequisite.h"

namespace skein::control {

bool Pass::may_change_place() {
  if (changed_places_++ < kPlacesMax) return true;
  look_again(now());
  return false;
}

bool Pass::may_start() {
  if (may_start_) return *may_start_;
  const auto wait = wait_of(view(), service(), now());
  if (wait && wait->until) look_again(*wait->until);
  may_start_ = !wait;
  return *may_start_;
}

void Pass::look_again(WallTime at) { next_look_ = next_look_ ? std::min(*next_look_, at) : at; }

void Pass::put_service(api::Service service) {
  const std::string id = service.id();
  SKEIN_ASSERT(id == service_->id());
  tx_.update(std::move(service));
  service_ = view().get<api::Service>(id);
  SKEIN_ASSERT(service_);
}

void Pass::want(const api::Task& task, api::TaskState desired) {
  SKEIN_ASSERT(task.service_id() == service_->id());
  if (task.desired_state() >= desired) return;
  api::Task changed = task;
  changed.set_desired_state(desired);
  tx_.update(std::move(changed));
}

void Pass::create(const Place& place, const api::TaskRollout& notes) {
  SKEIN_ASSERT(is_global(service()) ? place.slot == 0 && !place.node_id.empty() : place.node_id.empty());
  api::Task task = new_task(view().cluster().get(), service(), place, random_.object_id());
  task.mutable_status()->mutable_timestamp()->CopyFrom(model::to_timestamp(now()));
  if (notes.ByteSizeLong() != 0) *task.mutable_rollout() = notes;
  tx_.create(std::move(task));
}

}  // namespace skein::control
