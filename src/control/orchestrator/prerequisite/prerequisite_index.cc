#include "control/orchestrator/prerequisite/prerequisite_index.h"

#include "control/orchestrator/place/service_places.h"
#include "control/orchestrator/prerequisite/prerequisite.h"

namespace skein::control {

namespace {

std::vector<Prerequisite> prerequisites_of(const api::Service& service) {
  const auto& labels = service.spec().annotations().labels();
  const auto label = labels.find(kDependsOnLabel);
  if (label == labels.end()) return {};
  auto parsed = parse_prerequisites(label->second);
  return parsed.ok() ? *parsed : std::vector<Prerequisite>();
}

bool is_held(const api::Task& task) { return task.desired_state() < api::RUNNING; }

bool is_up(const api::Task& task) {
  return (task.status().state() == api::STARTING || task.status().state() == api::RUNNING) && is_wanted(task);
}

template <class T>
const T& found_in(const std::map<std::string, T>& all, const std::string& key) {
  static const T kNone;
  auto found = all.find(key);
  return found == all.end() ? kNone : found->second;
}

template <class T>
void erase(std::map<std::string, T>& all, const std::string& key, const std::string& member) {
  auto found = all.find(key);
  if (found == all.end()) return;
  found->second.erase(member);
  if (found->second.empty()) all.erase(found);
}

}  // namespace

void PrerequisiteIndex::apply(const store::Change& change) {
  if (change.kind == store::Kind::kService) {
    if (auto old = change.old<api::Service>())
      for (const auto& prerequisite : prerequisites_of(*old)) erase(dependents_, prerequisite.service, change.id);
    if (auto now = change.now<api::Service>())
      for (const auto& prerequisite : prerequisites_of(*now)) dependents_[prerequisite.service].insert(change.id);
  }
  if (change.kind != store::Kind::kTask) return;
  if (auto old = change.old<api::Task>()) {
    if (is_held(*old)) erase(held_, old->service_id(), change.id);
    if (is_up(*old)) erase(up_, old->service_id(), change.id);
    count(*old, -1);
  }
  if (auto now = change.now<api::Task>(); now && !now->service_id().empty()) {
    if (is_held(*now)) held_[now->service_id()][change.id] = place_of(*now);
    if (is_up(*now)) up_[now->service_id()][change.id] = now;
    count(*now, 1);
  }
}

void PrerequisiteIndex::count(const api::Task& task, int by) {
  if (task.service_id().empty() || !task.has_job_iteration() || task.status().state() != api::COMPLETE_) return;
  const std::pair key(task.service_id(), task.job_iteration().index());
  SKEIN_ASSERT(by > 0 || completed_.contains(key));
  if ((completed_[key] += static_cast<uint64_t>(by)) == 0) completed_.erase(key);
}

const std::set<std::string>& PrerequisiteIndex::dependents_of(const std::string& name) const {
  return found_in(dependents_, name);
}

std::set<Place> PrerequisiteIndex::held(const std::string& service_id) const {
  std::set<Place> places;
  for (const auto& [task, place] : found_in(held_, service_id)) places.insert(place);
  return places;
}

const std::map<std::string, store::Ref<api::Task>>& PrerequisiteIndex::up(const std::string& service_id) const {
  return found_in(up_, service_id);
}

uint64_t PrerequisiteIndex::completed(const std::string& service_id, uint64_t iteration) const {
  auto found = completed_.find({service_id, iteration});
  return found == completed_.end() ? 0 : found->second;
}

}  // namespace skein::control
