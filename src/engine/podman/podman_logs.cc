// PodmanEngine: the logs of containers, which are cut, and which are read here.
#include "engine/podman/logs/log_details.h"
#include "engine/podman/podman_engine.h"
#include "engine/podman/spec/asked.h"
#include "engine/podman/spec/create_spec.h"
#include "engine/podman/spec/log_driver.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using boost::asio::awaitable;
using nlohmann::json;

namespace {

// Podman shows its own file by Docker's name, too.
bool is_log_file(const std::string& driver) { return driver == kLogDriver || driver == kDockersLogDriver; }

std::string details_of(json shown) {
  const json asked = asked_of_host(at(at(shown, "Config"), "Labels"), "LogConfig");
  hide_podman_defaults(shown);
  if (json& config = shown["Config"]; config.is_object()) hide_own_labels(config["Labels"]);
  return log_details(at(asked, "Config"), at(shown, "Config"));
}

}  // namespace

awaitable<void> PodmanEngine::learn_logs() {
  std::vector<std::string> labels(1, kAskedLabel);
  auto all = co_await list(std::move(labels));
  if (!all.ok() || !all->is_array()) co_return;
  for (const json& each : *all)
    logs_.on_container(text_of(each, "Id"), log_limit(asked_of_host(at(each, "Labels"), "LogConfig")));
}

awaitable<Result<std::unique_ptr<io::http::BodySource>>> PodmanEngine::logs(std::string id, LogQuery query) {
  const auto ends = logs_.note_ends();
  SKEIN_CO_TRY_ASSIGN(const json shown, co_await inspect(id));
  std::unique_ptr<io::http::BodySource> log;
  if (!is_log_file(text_of(at(at(shown, "HostConfig"), "LogConfig"), "Type"))) {
    // What is no file, as journald's, Podman reads itself.
    SKEIN_CO_TRY_ASSIGN(log, co_await open_stream(id, "logs?" + log_query_text(query)));
    co_return std::move(log);
  }
  LogReading reading{.query = std::move(query)};
  if (reading.query.has_details) reading.details = details_of(shown);
  const std::string own_id = text_of(shown, "Id");
  reading.has_terminal = at(at(shown, "Config"), "Tty") == true;
  const json& state = at(shown, "State");
  reading.is_running = (at(state, "Running") == true || at(state, "Paused") == true) && !ends->contains(own_id);
  log = logs_.open(own_id, std::move(reading));
  co_return std::move(log);
}

}  // namespace skein::engine
