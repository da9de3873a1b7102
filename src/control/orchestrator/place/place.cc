#include "control/orchestrator/place/place.h"

#include <algorithm>

namespace skein::control {

bool is_job(const api::Service& service) {
  return service.spec().has_replicated_job() || service.spec().has_global_job();
}

bool is_global(const api::Service& service) { return service.spec().has_global() || service.spec().has_global_job(); }

Place place_of(const api::Service& service, const api::Task& task) {
  return is_global(service) ? Place{0, task.node_id()} : Place{task.slot(), {}};
}

bool is_older(const store::Ref<api::Task>& one, const store::Ref<api::Task>& other) {
  auto rank = [](const api::Task& task) {
    return std::pair(model::to_wall(task.meta().created_at()), std::string_view(task.id()));
  };
  return rank(*one) < rank(*other);
}

void sort_by_age(History& tasks) { std::ranges::sort(tasks, is_older); }

bool is_lost(const api::Node* node) {
  return !node || node->status().state() == api::NodeStatus::DOWN || node->spec().availability() == api::DRAIN;
}

bool is_stopped(const store::Tables& view, const api::Task& task) {
  if (has_ended(task) || task.node_id().empty() || task.status().state() < api::ASSIGNED) return true;
  auto node = view.get<api::Node>(task.node_id());
  return !node || node->status().state() == api::NodeStatus::DOWN;
}

WallTime observed_at(const api::Task& task) {
  const api::TaskStatus& status = task.status();
  return model::to_wall(status.has_applied_at() ? status.applied_at() : status.timestamp());
}

store::Ref<api::Task> newest(const History& history) {
  for (auto at = history.rbegin(); at != history.rend(); ++at)
    if ((*at)->desired_state() < api::REMOVE_) return *at;
  return nullptr;
}

}  // namespace skein::control
