#include "engine/exec/exec_table.h"

#include <algorithm>
#include <chrono>

namespace skein::engine {

namespace {

constexpr Duration kKnownAfterEnd = std::chrono::minutes(5);

}  // namespace

void ExecTable::expire(TimePoint now) {
  std::erase_if(execs_, [now](const auto& entry) {
    return entry.second->phase == ExecPhase::kEnded && now - entry.second->ended_at >= kKnownAfterEnd;
  });
}

Result<void> ExecTable::add(std::shared_ptr<Exec> exec, TimePoint now) {
  expire(now);
  for (const ExecPhase phase : {ExecPhase::kEnded, ExecPhase::kCreated}) {
    if (execs_.size() < kKnownMax) break;
    std::erase_if(execs_, [phase](const auto& entry) { return entry.second->phase == phase; });
  }
  if (execs_.size() >= kKnownMax) return make_error(Code::kUnavailable, "too many execs are running");
  execs_[exec->id] = std::move(exec);
  return {};
}

std::shared_ptr<Exec> ExecTable::find(const std::string& id, TimePoint now) {
  expire(now);
  const auto found = execs_.find(id);
  return found == execs_.end() ? nullptr : found->second;
}

void ExecTable::forget_container(const std::string& id) {
  std::erase_if(execs_, [&id](const auto& entry) { return entry.second->container.id == id; });
}

void ExecTable::forget_unstarted(const std::string& container) {
  std::erase_if(execs_, [&container](const auto& entry) {
    return entry.second->container.id == container && entry.second->phase == ExecPhase::kCreated;
  });
}

size_t ExecTable::running() const {
  return static_cast<size_t>(std::count_if(
      execs_.begin(), execs_.end(), [](const auto& entry) { return entry.second->phase == ExecPhase::kRunning; }));
}

bool ExecTable::has_living() const {
  return std::any_of(execs_.begin(), execs_.end(),
                     [](const auto& entry) { return entry.second->phase != ExecPhase::kEnded; });
}

std::vector<std::string> ExecTable::living_in(const std::string& container) const {
  std::vector<std::string> ids;
  for (const auto& [id, exec] : execs_)
    if (exec->container.id == container && exec->phase != ExecPhase::kEnded) ids.push_back(id);
  return ids;
}

std::vector<std::shared_ptr<Exec>> ExecTable::running_in(const std::string& container) const {
  std::vector<std::shared_ptr<Exec>> out;
  for (const auto& [id, exec] : execs_)
    if (exec->container.id == container && exec->phase == ExecPhase::kRunning) out.push_back(exec);
  return out;
}

}  // namespace skein::engine
