#include <algorithm>
#include <tuple>

#include "control/scheduler/constraint.h"
#include "control/scheduler/node_load.h"
#include "control/scheduler/scheduler.h"

namespace skein::control {
namespace {

using TaskRef = store::Ref<api::Task>;

bool is_on_node(const api::Task& task) {
  return task.status().state() > api::PENDING && model::is_live(task) && task.desired_state() <= api::COMPLETE_;
}

// Oldest first.
std::vector<TaskRef> tasks_there(const store::Tables& view, const std::string& node_id) {
  auto out = view.tasks_on_node(node_id);
  std::erase_if(out, [](const TaskRef& task) { return !is_on_node(*task); });
  std::sort(out.begin(), out.end(), [](const TaskRef& a, const TaskRef& b) {
    auto rank = [](const TaskRef& task) {
      return std::tuple(model::to_wall(task->meta().created_at()), std::string_view(task->id()));
    };
    return rank(a) < rank(b);
  });
  return out;
}

// A change of constraints alone leaves tasks as they are where their node still meets it, so the service's count.
bool meets_constraints(const store::Tables& view, const api::Task& task, const api::Node& node) {
  auto service = view.get<api::Service>(task.service_id());
  const api::Placement& placement = service ? service->spec().task().placement() : task.spec().placement();
  auto constraints = parse_constraints(placement.constraints());
  return constraints.ok() && satisfies(*constraints, node);
}

void reject(store::Transaction& tx, const api::Task& task) {
  SKEIN_ASSERT(is_on_node(task));
  api::Task changed = task;
  changed.mutable_status()->set_state(api::REJECTED);
  changed.mutable_status()->set_message("task rejected by constraint enforcer");
  changed.mutable_status()->set_err("assigned node no longer meets constraints");
  *changed.mutable_status()->mutable_timestamp() = model::to_timestamp(tx.now());
  changed.mutable_status()->clear_applied_at();
  changed.mutable_status()->clear_applied_by();
  tx.update(std::move(changed));
}

}  // namespace

void enforce_constraints(store::Transaction& tx, const std::string& node_id) {
  auto node = tx.view().get<api::Node>(node_id);
  if (!node || node->spec().availability() != api::ACTIVE) return;
  FreeResources free(node->description().resources());
  bool are_resources_known = node->description().has_resources();
  for (const TaskRef& task : tasks_there(tx.view(), node_id)) {
    if (!meets_constraints(tx.view(), *task, *node) || (are_resources_known && !free.has(*task)))
      reject(tx, *task);
    else
      free.take(*task);
    tx.allow_cut();
  }
}

}  // namespace skein::control
