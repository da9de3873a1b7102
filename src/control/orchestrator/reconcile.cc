#include "control/orchestrator/reconcile.h"

#include <set>

#include "control/orchestrator/modes.h"
#include "control/orchestrator/restart.h"
#include "control/orchestrator/update.h"

namespace skein::control {

namespace {

void remove_tasks(store::Transaction& tx, const std::string& service_id) {
  for (const auto& task : tx.view().tasks_of_service(service_id)) {
    if (task->desired_state() >= api::REMOVE_) continue;
    api::Task changed = *task;
    changed.set_desired_state(api::REMOVE_);
    tx.update(std::move(changed));
  }
}

void reconcile_mode(Pass& pass) {
  switch (pass.service().spec().mode_case()) {
    case api::ServiceSpec::kReplicated: return reconcile_replicated(pass);
    case api::ServiceSpec::kGlobal: return reconcile_global(pass);
    case api::ServiceSpec::kReplicatedJob: return reconcile_replicated_job(pass);
    case api::ServiceSpec::kGlobalJob: return reconcile_global_job(pass);
    case api::ServiceSpec::MODE_NOT_SET: return;
  }
}

}  // namespace

std::optional<WallTime> reconcile_service(store::Transaction& tx, const std::string& service_id, Random& random) {
  SKEIN_ASSERT(!service_id.empty());  // would be the attachment tasks
  if (!tx.view().get<api::Service>(service_id)) {
    remove_tasks(tx, service_id);
    return std::nullopt;
  }
  Pass pass(tx, service_id, random);
  observe_update(pass);
  reconcile_mode(pass);
  start_ready(pass);
  return pass.next_look();
}

std::vector<std::string> services_concerned_by_node(const store::Tables& view, const std::string& node_id) {
  std::set<std::string> out;
  for (const auto& task : view.tasks_on_node(node_id))
    if (!task->service_id().empty()) out.insert(task->service_id());
  for (const auto& [id, service] : view.all<api::Service>())
    if (is_global(*service)) out.insert(id);
  return {out.begin(), out.end()};
}

}  // namespace skein::control
