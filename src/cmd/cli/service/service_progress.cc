#include "cmd/cli/service/service_progress.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

constexpr size_t kBarsMax = 20;  // more tasks than that are not shown one by one
constexpr size_t kErrorBytesMax = 75;
constexpr int64_t kStepsToRunning = 9;
constexpr int64_t kStepsToComplete = 10;

// In the order in which tasks go through them; the place of a state is its number, from 1.
constexpr std::array<std::string_view, 13> kStates = {"new",       "allocated", "pending",  "assigned", "accepted",
                                                      "preparing", "ready",     "starting", "running",  "complete",
                                                      "shutdown",  "failed",    "rejected"};

// 0: unknown.
int64_t number_of(const std::string& state) {
  const auto found = std::find(kStates.begin(), kStates.end(), state);
  return found == kStates.end() ? 0 : found - kStates.begin() + 1;
}

std::string state_of(const Json& task) { return text_at(at(task, "Status"), "State"); }
int64_t state_number(const Json& task) { return number_of(state_of(task)); }
int64_t desired_number(const Json& task) { return number_of(text_at(task, "DesiredState")); }
bool is_running(const Json& task) { return state_of(task) == "running" && desired_number(task) <= kStepsToRunning; }

// One line, short enough for narrow terminals.
std::string short_error(std::string error) {
  std::replace(error.begin(), error.end(), '\n', ' ');
  if (error.size() > kErrorBytesMax) error = error.substr(0, kErrorBytesMax - 1) + "…";
  return error;
}

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string right_aligned(size_t number, size_t width) {
  const std::string text = std::to_string(number);
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

size_t digits_of(size_t number) { return std::to_string(number).size(); }

// Where a task counts: its slot, or its node when every node has one.
using Place = std::pair<int64_t, std::string>;
using Places = std::map<Place, const Json*>;

// The task of a place that is meant to live longest, and of those the one that is least far.
Places current_tasks(const Json& tasks, bool is_global, const std::map<std::string, bool>& is_active) {
  Places places;
  const auto rank = [](const Json& task) { return std::pair(desired_number(task), state_number(task)); };
  for (const Json& task : tasks) {
    if (desired_number(task) == 0 || state_number(task) == 0) continue;
    const std::string node = text_at(task, "NodeID");
    const Place place = is_global ? Place(0, node) : Place(number_at(task, "Slot"), "");
    const auto found = places.find(place);
    if (found != places.end() && rank(*found->second) <= rank(task)) continue;
    if (!is_global && !node.empty() && !is_active.contains(node)) continue;
    places[place] = &task;
  }
  return places;
}

std::map<std::string, bool> active_nodes(const Json& nodes) {
  std::map<std::string, bool> active;
  for (const Json& node : nodes)
    if (text_at(at(node, "Status"), "State") != "down") active[text_at(node, "ID")] = true;
  return active;
}

size_t number_or_one(const Json& object, const char* member) {
  return at(object, member).is_number() ? static_cast<size_t>(std::max<int64_t>(number_at(object, member), 0)) : 1;
}

}  // namespace

Result<bool> ServiceProgress::see_service(const Json& service, WallTime now) {
  const Json& spec = at(service, "Spec");
  mode_ = at(spec, "Mode");
  job_status_ = at(service, "JobStatus");
  if (const int64_t monitor = number_at(at(spec, "UpdateConfig"), "Monitor"); monitor > 0) monitor_ = Duration(monitor);
  const Json& update = at(service, "UpdateStatus");
  const std::string state = text_at(update, "State");
  const std::string message = text_at(update, "Message");
  if (state == "paused") return make_error(Code::kAborted, "service update paused: " + message);
  if (state == "rollback_paused") return make_error(Code::kAborted, "service rollback paused: " + message);
  if (state == "completed" && !is_converged_) return true;
  if (state == "updating") is_rollback_ = false;
  if (state == "rollback_started") {
    if (!is_rollback_ && !message.empty()) lines_.push_back({"rollback", message});
    is_rollback_ = true;
  }
  if (state == "rollback_completed") {
    if (!is_converged_) message_ = message;
    is_rollback_ = true;
  }
  if (!is_converged_ || now - converged_at_ < monitor_) return false;
  lines_.push_back({"verify", "Service " + name_ + " converged"});
  if (!message_.empty()) lines_.push_back({"rollback", message_, 0, 0, true});
  return true;
}

bool ServiceProgress::see_tasks(const Json& tasks, const Json& nodes, WallTime now) {
  if (mode_.contains("ReplicatedJob") || mode_.contains("GlobalJob")) {
    is_converged_ = count_completed(tasks, nodes);
    if (is_converged_) lines_.push_back({"", "job complete", 0, 0, true});
    return is_converged_;
  }
  is_converged_ = count_running(tasks, active_nodes(nodes));
  if (!is_converged_) {
    if (converged_at_.ns != 0) lines_.push_back({"verify", "Detected task failure"});
    converged_at_ = {};
    return false;
  }
  if (converged_at_.ns == 0) converged_at_ = now;
  const Duration left = monitor_ - (now - converged_at_);
  if (left >= Duration(0)) {
    const int64_t seconds = (left.count() - 1) / 1'000'000'000 + 1;
    lines_.push_back({"verify", "Waiting " + std::to_string(seconds) + " seconds to verify that tasks are stable..."});
  }
  return false;
}

void ServiceProgress::see_older_tasks(const Json& tasks) {
  constexpr std::string_view kFront = "update: ";
  std::string waits;
  for (const Json& task : tasks)
    if (const std::string error = text_at(at(task, "Status"), "Err"); error.starts_with(kFront))
      waits = error.substr(kFront.size());
  if (waits == waits_) return;
  waits_ = waits;
  lines_.push_back({"update", waits.empty() ? " " : waits});
}

bool ServiceProgress::count_running(const Json& tasks, const std::map<std::string, bool>& is_active) {
  const bool is_global = mode_.contains("Global");
  const Places places = current_tasks(tasks, is_global, is_active);
  const size_t total = is_global ? places.size() : number_or_one(at(mode_, "Replicated"), "Replicas");
  if (!is_begun_) {
    if (is_global && total == 0) {
      lines_.push_back({"overall progress", "waiting for new tasks"});
      return false;
    }
    show_overall(0, total);
    if (!is_global) show_slots(static_cast<int64_t>(total));
    is_begun_ = true;
  }
  const auto runs = [](const auto& entry) { return state_of(*entry.second) == "running"; };
  if (!std::all_of(places.begin(), places.end(), runs)) is_complete_ = false;
  size_t running = 0;
  for (const auto& [place, task] : places) {
    const std::string node = text_at(*task, "NodeID");
    if (is_global && !is_active.contains(node)) continue;
    running += is_running(*task) ? 1 : 0;
    const size_t line = is_global ? 0 : lines_of_slots_.emplace(place.first, lines_of_slots_.size() + 1).first->second;
    if (is_complete_ || total > kBarsMax || line > total) continue;
    show_task(is_global ? short_id(node) : std::to_string(line) + "/" + std::to_string(total), *task, kStepsToRunning);
  }
  if (!is_complete_) show_overall(running, total);
  is_complete_ = running == total;
  return is_complete_;
}

bool ServiceProgress::count_completed(const Json& tasks, const Json& nodes) {
  const bool is_global = mode_.contains("GlobalJob");
  if (!is_begun_ && is_global && !begin_global_job(tasks, nodes)) return false;
  const size_t total = is_global ? job_nodes_.size() : number_or_one(at(mode_, "ReplicatedJob"), "TotalCompletions");
  if (!is_begun_) {
    show_job(0, 0);
    if (!is_global) show_slots(static_cast<int64_t>(total));
    is_begun_ = true;
  }
  Places places;
  for (const Json& task : tasks) {
    if (!is_this_iteration(task) || state_number(task) == 0) continue;
    const std::string node = text_at(task, "NodeID");
    if (is_global && std::find(job_nodes_.begin(), job_nodes_.end(), node) == job_nodes_.end()) continue;
    const Json*& chosen = places[is_global ? Place(0, node) : Place(number_at(task, "Slot"), "")];
    if (chosen == nullptr || state_number(*chosen) > state_number(task)) chosen = &task;
  }
  size_t active = 0;
  size_t completed = 0;
  for (const auto& [place, task] : places) {
    const std::string slot = std::to_string(place.first + 1) + "/" + std::to_string(total);
    if (total <= kBarsMax) show_task(is_global ? place.second : slot, *task, kStepsToComplete);
    active += state_number(*task) < kStepsToComplete ? 1 : 0;
    completed += state_of(*task) == "complete" ? 1 : 0;
  }
  show_job(active, completed);
  return completed == total;
}

// A global job makes all of its tasks at once: the nodes that they are on are those to wait for.
bool ServiceProgress::begin_global_job(const Json& tasks, const Json& nodes) {
  if (tasks.empty() && !active_nodes(nodes).empty()) {
    lines_.push_back({"job progress", "waiting for tasks"});
    return false;
  }
  for (const Json& task : tasks) {
    const std::string node = text_at(task, "NodeID");
    const bool is_known = std::find(job_nodes_.begin(), job_nodes_.end(), node) != job_nodes_.end();
    if (is_this_iteration(task) && !is_known) job_nodes_.push_back(node);
  }
  return true;
}

bool ServiceProgress::is_this_iteration(const Json& task) const {
  const Json& iteration = at(task, "JobIteration");
  return iteration.is_object() && number_at(iteration, "Index") == number_at(at(job_status_, "JobIteration"), "Index");
}

void ServiceProgress::show_overall(size_t running, size_t total) {
  const std::string count = std::to_string(running) + " out of " + std::to_string(total) + " tasks";
  lines_.push_back({"overall progress", is_rollback_ ? "rolling back update: " + count : count});
}

void ServiceProgress::show_job(size_t active, size_t completed) {
  const bool is_global = mode_.contains("GlobalJob");
  const Json& job = at(mode_, "ReplicatedJob");
  const size_t total = is_global ? job_nodes_.size() : number_or_one(job, "TotalCompletions");
  lines_.push_back({"job progress",
                    right_aligned(completed, digits_of(total)) + " out of " + std::to_string(total) + " complete",
                    static_cast<int64_t>(completed), static_cast<int64_t>(total)});
  if (is_global) return;
  const size_t concurrent = at(job, "MaxConcurrent").is_number() ? number_or_one(job, "MaxConcurrent") : total;
  const size_t width = digits_of(concurrent);
  const size_t wanted = std::min(total - std::min(completed, total), concurrent);
  lines_.push_back(
      {"active tasks", right_aligned(active, width) + " out of " + right_aligned(wanted, width) + " tasks"});
}

// The lines of all tasks, so that they stand in order.
void ServiceProgress::show_slots(int64_t total) {
  if (total > static_cast<int64_t>(kBarsMax)) return;
  for (int64_t i = 1; i <= total; ++i) lines_.push_back({std::to_string(i) + "/" + std::to_string(total), " "});
}

void ServiceProgress::show_task(const std::string& id, const Json& task, int64_t steps) {
  if (const std::string error = text_at(at(task, "Status"), "Err"); !error.empty()) {
    lines_.push_back({id, short_error(error)});
    return;
  }
  const bool is_ended = state_number(task) > kStepsToRunning || desired_number(task) > kStepsToRunning;
  if (is_ended && steps == kStepsToRunning) return;
  lines_.push_back({id, padded(state_of(task), 9), state_number(task), steps});
}

}  // namespace skein::cli
