#include "api/service_out.h"

namespace skein::api {

namespace {

// What Docker's manager counts: a replicated job wants MaxConcurrent tasks even when all of it is done.
uint64_t wanted_of(const swarm::ServiceSpec& spec) {
  return spec.has_replicated_job() ? spec.replicated_job().max_concurrent() : spec.replicated().replicas();
}

}  // namespace

nlohmann::json service_status(const swarm::Service& service, const store::Tables& view) {
  const swarm::ServiceSpec& spec = service.spec();
  const bool is_job = spec.has_replicated_job() || spec.has_global_job();
  uint64_t running = 0, desired = wanted_of(spec), completed = 0;
  for (const auto& task : view.tasks_of_service(service.id())) {
    if (is_job && task->job_iteration().index() != service.job_status().job_iteration().index()) continue;
    const auto state = task->status().state();
    running += state == swarm::RUNNING;
    completed += is_job && state == swarm::COMPLETE_;
    if (spec.has_global_job())
      desired += task->desired_state() == swarm::COMPLETE_ && state != swarm::COMPLETE_;
    else if (spec.has_global())
      desired += task->desired_state() <= swarm::RUNNING;
  }
  return {{"RunningTasks", running}, {"DesiredTasks", desired}, {"CompletedTasks", completed}};
}

}  // namespace skein::api
