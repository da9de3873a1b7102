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
  auto old = change.old<api::Task>(), now = change.now<api::Task>();
  if (!old || !now || old->node_id() != now->node_id() || old->service_id() != now->service_id()) {
    if (old) {
      tasks_by_node_.erase({old->node_id(), old->id()});
      tasks_by_service_.erase({old->service_id(), old->id()});
    }
    if (now) {
      tasks_by_node_.insert({now->node_id(), now->id()});
      tasks_by_service_.insert({now->service_id(), now->id()});
    }
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
  for (auto& [type, index] : indices_.all) index->apply(change);
}

void Tables::fill(Index& index) const {
  std::apply(
      [&](const auto&... tables) {
        auto fill_from = [&]<class T>(const Table<T>& table) {
          for (const auto& [id, object] : table.all()) index.apply({KindOf<T>::value, id, Ref<T>(), object});
        };
        (fill_from(tables), ...);
      },
      tables_);
  index.filled();
}

}  // namespace skein::store
