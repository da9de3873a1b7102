#include "store/tables.h"

namespace skein::store {

std::vector<Ref<api::Task>> Tables::tasks_in(const TaskIndex& index, const std::string& owner_id) const {
  std::vector<Ref<api::Task>> out;
  for (auto at = index.lower_bound({owner_id, ""}); at != index.end() && at->first == owner_id; ++at)
    out.push_back(get<api::Task>(at->second));
  return out;
}

std::vector<Ref<api::Task>> Tables::tasks_on_node(const std::string& node_id) const {
  return tasks_in(tasks_by_node_, node_id);
}

std::vector<Ref<api::Task>> Tables::tasks_of_service(const std::string& service_id) const {
  return tasks_in(tasks_by_service_, service_id);
}

void Tables::apply(const Change& change) {
  if (auto task = change.old<api::Task>()) {
    tasks_by_node_.erase({task->node_id(), task->id()});
    tasks_by_service_.erase({task->service_id(), task->id()});
  }
  if (auto task = change.now<api::Task>()) {
    tasks_by_node_.insert({task->node_id(), task->id()});
    tasks_by_service_.insert({task->service_id(), task->id()});
  }
  const AnyObject& shape = change.after.index() != 0 || std::get<0>(change.after) ? change.after : change.before;
  std::visit(
      [&]<class T>(const Ref<T>&) {
        auto& table = std::get<Table<T>>(tables_);
        if (auto now = change.now<T>())
          table.put(change.id, now);
        else
          table.remove(change.id);
      },
      shape);
}

}  // namespace skein::store
