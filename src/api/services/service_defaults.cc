#include "api/services/service_out.h"

namespace skein::api {

namespace {

google::protobuf::Duration seconds(int64_t count) { return model::to_wire(std::chrono::seconds(count)); }

void fill(swarm::UpdateConfig& update, bool is_new) {
  if (is_new) update.set_parallelism(1);
  if (!update.has_monitor()) *update.mutable_monitor() = seconds(5);
}

}  // namespace

swarm::ServiceSpec with_defaults(swarm::ServiceSpec spec) {
  auto* task = spec.mutable_task();
  if (task->has_container()) {
    auto* container = task->mutable_container();
    if (!container->has_stop_grace_period()) *container->mutable_stop_grace_period() = seconds(10);
    container->mutable_dns_config();
  }
  task->mutable_resources();
  task->mutable_placement();
  if (!task->has_restart()) task->mutable_restart()->set_condition(swarm::RestartPolicy::ANY);
  if (!task->restart().has_delay()) *task->mutable_restart()->mutable_delay() = seconds(5);
  const bool has_update = spec.has_update(), has_rollback = spec.has_rollback();
  fill(*spec.mutable_update(), !has_update);
  fill(*spec.mutable_rollback(), !has_rollback);
  return spec;
}

}  // namespace skein::api
