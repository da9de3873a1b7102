#include "containers/health/run_checks.h"

#include "containers/facts/task_labels.h"
#include "containers/health/health_watch.h"
#include "engine/values/json_fields.h"

namespace skein::containers {

using boost::asio::awaitable;
using engine::at;
using nlohmann::json;

// None if it is wanted already.
std::optional<RunChecks::Run> RunChecks::want(const std::string& container_id) {
  auto [place, is_new] = wanted_.try_emplace(container_id, last_run_ + 1);
  if (!is_new) return std::nullopt;
  return Run{container_id, ++last_run_};
}

bool RunChecks::is_wanted(const Run& run) const {
  auto found = wanted_.find(run.container_id);
  return found != wanted_.end() && found->second == run.number;
}

void RunChecks::begin(const std::string& container_id) {
  if (auto run = want(container_id)) tasks_.spawn("health-check", look(*run));
}

void RunChecks::begin(const std::string& container_id, const json& container) {
  if (auto run = want(container_id)) watch(*run, container);
}

void RunChecks::end(const std::string& container_id) { wanted_.erase(container_id); }

void RunChecks::removed(const std::string& container_id) {
  end(container_id);
  board_.forget(container_id);
}

awaitable<void> RunChecks::look(Run run) {
  auto container = co_await engine_.inspect(run.container_id);
  if (is_wanted(run) && container.ok()) watch(run, *container);
}

void RunChecks::watch(const Run& run, const json& container) {
  const json& config = at(container, "Config");
  if (at(config, "Labels").contains(kTaskIdLabel)) return;
  HealthWatch watch;
  watch.container_id = run.container_id;
  watch.check = health_check({}, at(config, "Healthcheck"));
  if (watch.check.command.empty()) return;
  watch.started_at = clock_.now();
  watch.is_wanted = [this, run] { return is_wanted(run); };
  watch.on_record = [this, id = run.container_id](const HealthRecord& record) { board_.put(id, record); };
  board_.put(run.container_id, HealthRecord(watch.first));
  tasks_.spawn("health-check", watch_health(tasks_.executor(), engine_, clock_, std::move(watch)));
}

}  // namespace skein::containers
