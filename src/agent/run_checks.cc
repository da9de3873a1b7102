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

void RunChecks::begin(const std::string& container_id) {
  end(container_id);
  auto is_wanted = std::make_shared<bool>(true);
  wanted_[container_id] = is_wanted;
  asio::co_spawn(loop_, run(container_id, is_wanted), asio::detached);
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

awaitable<void> RunChecks::run(std::string container_id, std::shared_ptr<bool> is_wanted) {
  auto container = co_await engine_.inspect(container_id);
  if (!*is_wanted || !container.ok()) co_return;
  const json& config = at(*container, "Config");
  if (at(config, "Labels").contains(kTaskIdLabel)) co_return;
  HealthWatch watch;
  watch.container_id = container_id;
  watch.check = health_check({}, at(config, "Healthcheck"));
  if (watch.check.command.empty()) co_return;
  watch.started_at = clock_.now();
  watch.is_wanted = [is_wanted] { return *is_wanted; };
  watch.on_record = [this, container_id](const HealthRecord& record) { board_.put(container_id, record); };
  co_await watch_health(loop_.get_executor(), engine_, clock_, std::move(watch));
}

}  // namespace skein::agent
