#include "control/reaper/reaper.h"

#include <algorithm>

#include "control/orchestrator/place/service_places.h"

namespace skein::control {

namespace {

constexpr int64_t kHistoryDefault = 5;                // without a cluster object
constexpr uint64_t kAttemptsMax = uint64_t(1) << 32;  // more are as good as unlimited

// Negative: without limit.
int64_t history_limit(const store::Tables& view, const api::Service& service) {
  if (uint64_t attempts = service.spec().task().restart().max_attempts())
    return int64_t(std::min(attempts, kAttemptsMax)) + 1;
  auto cluster = view.cluster();
  return cluster ? cluster->spec().orchestration().task_history_retention_limit() : kHistoryDefault;
}

bool is_over(const store::Tables& view, const api::Task& task) {
  if (has_ended(task)) return true;
  if (is_wanted(task)) return false;
  const bool never_assigned = task.node_id().empty() || task.status().state() < api::ASSIGNED;
  return never_assigned || !view.get<api::Node>(task.node_id());
}

void remove_unwanted(store::Transaction& tx, const History& tasks, bool has_service) {
  for (const auto& task : tasks) {
    const bool keeps_history = has_service && task->desired_state() < api::REMOVE_;
    if (!keeps_history && is_over(tx.view(), *task)) tx.remove<api::Task>(task->id());
    tx.allow_cut();
  }
}

void shorten(store::Transaction& tx, const History& history, int64_t limit) {
  if (limit < 0) return;
  auto surplus = int64_t(history.size()) - limit;
  for (const auto& task : history) {
    if (surplus <= 0 || task == history.back()) return;
    if (is_wanted(*task) || !is_over(tx.view(), *task)) continue;
    tx.remove<api::Task>(task->id());
    tx.allow_cut();
    --surplus;
  }
}

void remove_attachments(store::Transaction& tx) {
  for (const auto& task : tx.view().tasks_of_service({})) {
    const bool is_removed = task->desired_state() == api::REMOVE_ && is_over(tx.view(), *task);
    if (is_removed || task->status().state() == api::ORPHANED) tx.remove<api::Task>(task->id());
    tx.allow_cut();
  }
}

}  // namespace

void reap(store::Transaction& tx, const std::string& service_id) {
  if (service_id.empty()) return remove_attachments(tx);
  auto service = tx.view().get<api::Service>(service_id);
  remove_unwanted(tx, tx.view().tasks_of_service(service_id), service != nullptr);
  if (!service) return;
  const int64_t limit = history_limit(tx.view(), *service);
  for (const auto& [place, history] : histories_of(tx.view(), *service)) shorten(tx, *history, limit);
}

void reap_place(store::Transaction& tx, const std::string& service_id, const Place& place) {
  SKEIN_ASSERT(!service_id.empty());  // attachments are in no place
  const auto& places = tx.view().index<ServicePlaces>();
  auto service = tx.view().get<api::Service>(service_id);
  remove_unwanted(tx, *places.at(service_id, place), service != nullptr);
  if (service) shorten(tx, *places.at(service_id, place), history_limit(tx.view(), *service));
}

}  // namespace skein::control
