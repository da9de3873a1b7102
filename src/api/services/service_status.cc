#include "api/services/service_out.h"
#include "api/services/task_counts.h"

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
  for (const auto& [standing, tasks] : view.index<TaskCounts>().of_service(service.id())) {
    if (is_job && standing.iteration != service.job_status().job_iteration().index()) continue;
    if (standing.state == swarm::RUNNING) running += tasks;
    if (is_job && standing.state == swarm::COMPLETE_) completed += tasks;
    const bool is_left_of_job = standing.desired == swarm::COMPLETE_ && standing.state != swarm::COMPLETE_;
    const bool is_desired = spec.has_global_job() ? is_left_of_job : standing.desired <= swarm::RUNNING;
    if ((spec.has_global_job() || spec.has_global()) && is_desired) desired += tasks;
  }
  return {{"RunningTasks", running}, {"DesiredTasks", desired}, {"CompletedTasks", completed}};
}

}  // namespace skein::api
