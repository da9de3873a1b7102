#include "store/tables.h"

namespace skein::store {

std::vector<Ref<api::Task>> Tables::tasks_in(const TaskIndex& index, const std::string& owner_id) {
  auto found = index.find(owner_id);
  if (found == index.end()) return {};
  return {found->second.begin(), found->second.end()};
}

void Tables::follow(TaskIndex& index, const std::string& (api::Task::*owner)() const, const Ref<api::Task>& old,
                    const Ref<api::Task>& now) {
  if (old && now && ((*old).*owner)() == ((*now).*owner)()) {
    auto& tasks = index.at(((*now).*owner)());
    auto place = tasks.extract(old);
    SKEIN_ASSERT(!place.empty());
    place.value() = now;
    const bool is_in = tasks.insert(std::move(place)).inserted;
    SKEIN_ASSERT(is_in);
    return;
  }
  if (old) {
    auto tasks = index.find(((*old).*owner)());
    SKEIN_ASSERT(tasks != index.end());
    const size_t erased = tasks->second.erase(old);
    SKEIN_ASSERT(erased == 1);
    if (tasks->second.empty()) index.erase(tasks);
  }
  if (!now) return;
  const bool is_new = index[((*now).*owner)()].insert(now).second;
  SKEIN_ASSERT(is_new);
}

std::vector<Ref<api::Task>> Tables::tasks_on_node(const std::string& node_id) const {
  return tasks_in(tasks_by_node_, node_id);
}

std::vector<Ref<api::Task>> Tables::tasks_of_service(const std::string& service_id) const {
  return tasks_in(tasks_by_service_, service_id);
}

void Tables::apply(const Change& change) {
  auto old = change.old<api::Task>(), now = change.now<api::Task>();
  if (old || now) {
    follow(tasks_by_node_, &api::Task::node_id, old, now);
    follow(tasks_by_service_, &api::Task::service_id, old, now);
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

Changes Tables::as_changes() const {
  Changes out;
  std::apply(
      [&](const auto&... tables) {
        auto add_from = [&]<class T>(const Table<T>& table) {
          for (const auto& [id, object] : table.all()) out.push_back({KindOf<T>::value, id, Ref<T>(), object});
        };
        (add_from(tables), ...);
      },
      tables_);
  return out;
}

void Tables::fill(Index& index) const {
  for (const Change& change : as_changes()) index.apply(change);
  index.filled();
}

}  // namespace skein::store
