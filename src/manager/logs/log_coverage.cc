#include "manager/logs/log_coverage.h"

#include <algorithm>

namespace skein::manager {

namespace api = store::api;

namespace {

constexpr size_t kReasonsMax = 64;  // that are spelled out; a user reads no more

template <class Ids>
bool holds(const Ids& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

bool LogCoverage::matches(const api::Task& task) const {
  return holds(selector_.task_ids(), task.id()) ||
         (!task.service_id().empty() && holds(selector_.service_ids(), task.service_id()));
}

void LogCoverage::begin(const store::Tables& view) {
  auto take = [&](const api::Task& task) {
    if (!task.node_id().empty())
      nodes_.insert(task.node_id());
    else if (!is_following_)
      missing_.push_back("task " + task.id() + " has not been scheduled");
  };
  nodes_.insert(selector_.node_ids().begin(), selector_.node_ids().end());
  for (const auto& id : selector_.task_ids())
    if (auto task = view.get<api::Task>(id)) take(*task);
  for (const auto& id : selector_.service_ids())
    for (const auto& task : view.tasks_of_service(id))
      // What has not started has nothing to tell.
      if (is_following_ || task->status().state() >= api::RUNNING) take(*task);
}

bool LogCoverage::add(const api::Task& task) {
  if (!is_following_ || task.node_id().empty() || !matches(task)) return false;
  return nodes_.insert(task.node_id()).second;
}

bool LogCoverage::is_awaited(const std::string& node_id) const {
  return nodes_.contains(node_id) && !ended_.contains(node_id);
}

void LogCoverage::end(const std::string& node_id, const std::string& why) {
  if (is_following_ || !nodes_.contains(node_id) || !ended_.insert(node_id).second) return;
  if (!why.empty()) missing_.push_back(why);
}

bool LogCoverage::is_complete() const { return !is_following_ && ended_.size() == nodes_.size(); }

Result<void> LogCoverage::outcome() const {
  if (missing_.empty()) return {};
  std::string reasons;
  for (size_t i = 0; i < std::min(missing_.size(), kReasonsMax); ++i) reasons += (i > 0 ? ", " : "") + missing_[i];
  if (missing_.size() > kReasonsMax) reasons += ", and " + std::to_string(missing_.size() - kReasonsMax) + " more";
  return make_error(
      Code::kUnknown,
      "warning: incomplete log stream. some logs could not be retrieved for the following reasons: " + reasons);
}

}  // namespace skein::manager
