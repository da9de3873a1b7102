#include "agent/run_checks.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/health_watch.h"
#include "agent/task_labels.h"
#include "engine/json_fields.h"

namespace skein::agent {

namespace asio = boost::asio;
using asio::awaitable;
using engine::at;
using nlohmann::json;

RunChecks::~RunChecks() {
  for (auto& [id, is_wanted] : wanted_) *is_wanted = false;
}

// Null if it is wanted already.
std::shared_ptr<bool> RunChecks::want(const std::string& container_id) {
  auto [place, is_new] = wanted_.try_emplace(container_id);
  if (!is_new) return nullptr;
  return place->second = std::make_shared<bool>(true);
}

void RunChecks::begin(const std::string& container_id) {
  if (auto is_wanted = want(container_id)) asio::co_spawn(loop_, look(container_id, is_wanted), asio::detached);
}

void RunChecks::begin(const std::string& container_id, const json& container) {
  if (auto is_wanted = want(container_id)) watch(container_id, container, is_wanted);
}

void RunChecks::end(const std::string& container_id) {
  auto found = wanted_.find(container_id);
  if (found == wanted_.end()) return;
  *found->second = false;
  wanted_.erase(found);
}

void RunChecks::removed(const std::string& container_id) {
  end(container_id);
  board_.forget(container_id);
}

awaitable<void> RunChecks::look(std::string container_id, std::shared_ptr<bool> is_wanted) {
  auto container = co_await engine_.inspect(container_id);
  if (*is_wanted && container.ok()) watch(container_id, *container, is_wanted);
}

void RunChecks::watch(const std::string& container_id, const json& container, const std::shared_ptr<bool>& is_wanted) {
  const json& config = at(container, "Config");
  if (at(config, "Labels").contains(kTaskIdLabel)) return;
  HealthWatch watch;
  watch.container_id = container_id;
  watch.check = health_check({}, at(config, "Healthcheck"));
  if (watch.check.command.empty()) return;
  watch.started_at = clock_.now();
  watch.is_wanted = [is_wanted] { return *is_wanted; };
  watch.on_record = [this, container_id](const HealthRecord& record) { board_.put(container_id, record); };
  board_.put(container_id, HealthRecord(watch.first));
  asio::co_spawn(loop_, watch_health(loop_.get_executor(), engine_, clock_, std::move(watch)), asio::detached);
}

}  // namespace skein::agent
