#include "manager/dispatcher/absences.h"

#include "base/result.h"
#include "manager/addresses/network_addresses.h"

namespace skein::manager {

namespace api = store::api;

std::vector<std::string> Absences::over(const store::Tables& view, TimePoint now) {
  std::vector<std::string> out;
  std::map<std::string, Absence> still;
  for (const auto& [id, node] : view.all<api::Node>()) {
    if (node->status().state() != api::NodeStatus::DOWN) continue;
    auto known = absences_.find(id);
    Absence absence = known == absences_.end() ? Absence{now} : known->second;
    SKEIN_ASSERT(absence.since <= now);
    if (!absence.is_over && now - absence.since >= kPatience) {
      absence.is_over = true;
      out.push_back(id);
    }
    still[id] = absence;
  }
  absences_ = std::move(still);
  return out;
}

void orphan_tasks(store::Transaction& tx, const std::string& node_id) {
  for (const auto& task : tx.view().tasks_on_node(node_id)) {
    if (task->status().state() < api::ASSIGNED || task->status().state() > api::RUNNING) continue;
    if (model::is_attachment(*task)) {
      remove_attachment(tx, *task);
      tx.allow_cut();
      continue;
    }
    api::Task changed = *task;
    changed.mutable_status()->set_state(api::ORPHANED);
    changed.mutable_status()->set_message("node down for too long");
    *changed.mutable_status()->mutable_timestamp() = model::to_timestamp(tx.now());
    tx.update(std::move(changed));
    tx.allow_cut();
  }
}

}  // namespace skein::manager
