// PodmanEngine: which logs are cut, and which are read here.
#include "engine/json_fields.h"
#include "engine/podman/podman_engine.h"
#include "engine/podman/spec/asked.h"
#include "engine/podman/spec/log_driver.h"

namespace skein::engine {

using boost::asio::awaitable;
using nlohmann::json;

namespace {

// "/containers/NAME/logs?QUERY"
struct LogCall {
  std::string name;
  io::http::Query query;
};
std::optional<LogCall> parse_log_call(const std::string& target) {
  constexpr std::string_view kBefore = "/containers/", kAfter = "/logs";
  const size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = std::string_view(target).substr(0, mark);
  if (!path.starts_with(kBefore) || !path.ends_with(kAfter) || path.size() <= kBefore.size() + kAfter.size())
    return std::nullopt;
  LogCall out;
  out.name = path.substr(kBefore.size(), path.size() - kBefore.size() - kAfter.size());
  out.query = io::http::Query::parse(target.substr(std::min(mark + 1, target.size())));
  return out;
}

// Podman shows its own file by Docker's name, too.
bool is_log_file(const std::string& driver) { return driver == kLogDriver || driver == kDockersLogDriver; }

}  // namespace

awaitable<void> PodmanEngine::learn_logs() {
  std::vector<std::string> labels(1, kAskedLabel);
  auto all = co_await list(std::move(labels));
  if (!all.ok() || !all->is_array()) co_return;
  for (const json& each : *all)
    logs_.on_container(text_of(each, "Id"), log_limit(asked_of_host(at(each, "Labels"), "LogConfig")));
}

awaitable<std::unique_ptr<io::http::ReplyStream>> PodmanEngine::open_log(std::string target) {
  const auto asked = parse_log_call(target);
  if (!asked) co_return nullptr;
  const auto query = parse_log_query(asked->query);
  const auto ends = logs_.note_ends();
  io::http::ClientRequest question;
  question.method = "GET";
  question.target = "/containers/" + asked->name + "/json";
  auto reply = co_await call_as_is(std::move(question));
  if (!query.ok() || !reply.ok() || !reply->is_success()) co_return nullptr;
  const auto shown = reply->json();
  if (!shown.ok() || !is_log_file(text_of(at(at(*shown, "HostConfig"), "LogConfig"), "Type"))) co_return nullptr;
  LogReading reading{.query = *query};
  const std::string id = text_of(*shown, "Id");
  reading.has_terminal = at(at(*shown, "Config"), "Tty") == true;
  const json& state = at(*shown, "State");
  reading.is_running = (at(state, "Running") == true || at(state, "Paused") == true) && !ends->contains(id);
  co_return logs_.open(id, std::move(reading));
}

}  // namespace skein::engine
