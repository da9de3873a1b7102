#include "control/orchestrator/reconcile.h"

#include "control/orchestrator/modes.h"
#include "control/orchestrator/pass/restart.h"
#include "control/orchestrator/place/update_status.h"
#include "control/orchestrator/update/update.h"
#include "control/scheduler/constraint.h"

namespace skein::control {

namespace {

// So many at a time.
std::optional<WallTime> remove_tasks(store::Transaction& tx, const std::string& service_id) {
  size_t removed = 0;
  for (const auto& task : tx.view().tasks_of_service(service_id)) {
    if (task->desired_state() >= api::REMOVE_) continue;
    if (removed++ == Pass::kPlacesMax) return tx.now();
    api::Task changed = *task;
    changed.set_desired_state(api::REMOVE_);
    tx.update(std::move(changed));
    tx.allow_cut();
  }
  return std::nullopt;
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

// The service has the places that it asks for, and this is one of them.
bool is_place_wanted(const Pass& pass, const Place& place) {
  const api::ServiceSpec& spec = pass.service().spec();
  if (spec.has_replicated()) return pass.places().occupied(pass.service().id()) == spec.replicated().replicas();
  auto node = pass.node(place.node_id);
  if (!spec.has_global() || is_lost(node.get()) || node->spec().availability() != api::ACTIVE) return false;
  auto constraints = parse_constraints(spec.task().placement().constraints());
  return constraints.ok() && satisfies(*constraints, *node);
}

}  // namespace

std::optional<WallTime> reconcile_service(store::Transaction& tx, const std::string& service_id, Random& random) {
  SKEIN_ASSERT(!service_id.empty());  // would be the attachment tasks
  if (!tx.view().get<api::Service>(service_id)) return remove_tasks(tx, service_id);
  Pass pass(tx, service_id, random);
  observe_update(pass);
  reconcile_mode(pass);
  for (const auto& [place, history] : histories_of(tx.view(), pass.service())) start_ready(pass, *history);
  return pass.next_look();
}

bool reconcile_place(store::Transaction& tx, const std::string& service_id, const Place& place, Random& random,
                     std::optional<WallTime>& again) {
  auto service = tx.view().get<api::Service>(service_id);
  if (!service || is_updating(*service) || is_paused(*service)) return false;
  Pass pass(tx, service_id, random);
  const HistoryRef history = pass.places().at(service_id, place);
  if (!is_occupied(*history, false) || !is_place_wanted(pass, place) || !observe_place(pass, place)) return false;
  restart_ended(pass, place, *pass.places().at(service_id, place));
  start_ready(pass, *pass.places().at(service_id, place));
  again = pass.next_look();
  return true;
}

Concerned concerned_by_node(const store::Tables& view, const std::string& node_id) {
  Concerned out;
  for (const auto& task : view.tasks_on_node(node_id))
    if (!task->service_id().empty()) out.places.emplace(task->service_id(), place_of(*task));
  for (const auto& [id, service] : view.all<api::Service>())
    if (is_global(*service)) out.services.insert(id);
  return out;
}

}  // namespace skein::control
