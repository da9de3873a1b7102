#include "api/services/task_waits.h"

#include "control/orchestrator/place/update_rules.h"
#include "control/orchestrator/place/update_status.h"
#include "control/orchestrator/prerequisite/prerequisite.h"

namespace skein::api {

namespace {

// Without the seconds in which a node that came back tells of its tasks. Empty if all holds.
std::string wait_now(const model::api::Service& service, const store::Tables& view) {
  const auto wait = control::wait_of(view, service, WallTime{INT64_MAX});
  return wait ? wait->why : "";
}

}  // namespace

std::map<std::string, std::string> task_waits(const std::vector<store::Ref<model::api::Task>>& tasks,
                                              const store::Tables& view) {
  std::map<std::string, std::string> out;
  for (const auto& task : tasks) {
    if (!waits_to_start(*task)) continue;
    auto [place, is_new] = out.try_emplace(task->service_id());
    auto service = is_new ? view.get<model::api::Service>(task->service_id()) : nullptr;
    if (service) place->second = wait_now(*service, view);
  }
  return out;
}

std::map<std::string, std::string> update_waits(const std::vector<store::Ref<model::api::Task>>& tasks,
                                                const store::Tables& view) {
  std::map<std::string, std::string> out, by_service;
  for (const auto& task : tasks) {
    if (task->desired_state() != model::api::RUNNING) continue;
    const auto service = view.get<model::api::Service>(task->service_id());
    if (!service || !control::is_updating(*service) || !control::is_dirty(view, *service, *task)) continue;
    auto [wait, is_new] = by_service.try_emplace(service->id());
    if (is_new) wait->second = wait_now(*service, view);
    if (!wait->second.empty()) out[task->id()] = "update: " + wait->second;
  }
  return out;
}

}  // namespace skein::api
