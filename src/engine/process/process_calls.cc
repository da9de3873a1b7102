// The part of Docker's API that the process engine answers by itself.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text/json_text.h"
#include "engine/process/process_engine.h"
#include "engine/process/process_json.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

namespace asio = boost::asio;
using asio::awaitable;
using io::http::ClientRequest;
using io::http::Query;
using io::http::Reply;
using nlohmann::json;

namespace {

constexpr int kStopTimeoutDefault_s = 10;
constexpr int kStopTimeoutMax_s = 1 << 20;

// "/containers/ID/ACTION?QUERY"; libpod's own form of a target means the same here.
struct Target {
  std::string id, action;
  bool is_container = false;
  Query query;
};

Target parse_target(const std::string& text) {
  Target out;
  size_t question = text.find('?');
  std::string path = text.substr(0, question);
  if (question != std::string::npos) out.query = Query::parse(text.substr(question + 1));
  if (path.starts_with("/libpod/")) path.erase(0, 7);
  constexpr std::string_view kPrefix = "/containers/";
  if (!path.starts_with(kPrefix)) {
    out.action = path;
    return out;
  }
  path.erase(0, kPrefix.size());
  out.is_container = true;
  size_t slash = path.find('/');
  out.id = io::http::percent_decode(path.substr(0, slash));
  if (slash != std::string::npos) out.action = path.substr(slash + 1);
  return out;
}

Reply reply_of(int status, const json& body) {
  Reply reply;
  reply.status = status;
  reply.headers.set("Content-Type", "application/json");
  if (!body.is_null()) reply.body = json_text(body);
  return reply;
}

Reply reply_of(const Error& error) { return reply_of(http_status(error.code), json{{"message", error.text()}}); }

Reply reply_of(const Result<json>& result) { return result.ok() ? reply_of(200, *result) : reply_of(result.error()); }

Error unsupported(const ClientRequest& request) {
  return not_of_processes(request.method + " " + request.target.substr(0, request.target.find('?')));
}

class CompleteStream final : public io::http::ReplyStream {
 public:
  explicit CompleteStream(Reply reply) : body_(std::move(reply.body)) {
    head = std::move(reply);
    head.body.clear();
  }
  awaitable<Result<std::string>> read_some() override { co_return std::exchange(body_, {}); }

 private:
  std::string body_;
};

// Docker's filters: {"label": ["a=b"]} or {"label": {"a=b": true}}.
std::vector<std::string> filter_values(const json& filters, const char* name) {
  const json& value = at(filters, name);
  if (value.is_array()) return texts_of(filters, name);
  std::vector<std::string> out;
  if (value.is_object())
    for (const auto& [key, is_set] : value.items()) out.push_back(key);
  return out;
}

bool is_meant(const ProcessRecord& record, const json& filters) {
  auto any = [&](const char* name, auto matches) {
    auto values = filter_values(filters, name);
    return values.empty() || std::any_of(values.begin(), values.end(), matches);
  };
  auto labels = filter_values(filters, "label");
  return std::all_of(labels.begin(), labels.end(), [&](auto& label) { return has_label(record, label); }) &&
         any("id", [&](auto& id) { return record.id.starts_with(id); }) &&
         any("name", [&](auto& name) { return ("/" + record.name).find(name) != std::string::npos; }) &&
         any("status", [&](auto& status) { return process_status(record) == status; });
}

int stop_timeout_s(const json& spec, const Query& query) {
  const json& own = at(spec, "StopTimeout");
  int64_t seconds = own.is_number_integer() ? own.get<int64_t>() : kStopTimeoutDefault_s;
  if (query.has("t")) seconds = std::atoll(query.get("t").c_str());
  return static_cast<int>(std::clamp<int64_t>(seconds, -1, kStopTimeoutMax_s));
}

}  // namespace

awaitable<Result<Reply>> ProcessEngine::call(ClientRequest request) {
  Target target = parse_target(request.target);
  if (request.method == "GET" && target.is_container && target.id == "json" && target.action.empty())
    co_return reply_of(list_filtered(target.query));
  if (request.method == "GET" && target.is_container && target.action == "json") {
    auto inspected = co_await inspect(target.id);
    co_return reply_of(inspected);
  }
  if (request.method == "DELETE" && target.is_container && target.action.empty()) target.action = "remove";
  if ((request.method == "POST" || target.action == "remove") && target.is_container) {
    auto changed = co_await change(target.id, target.action, target.query);
    if (changed.ok() || changed.error().code != Code::kUnimplemented) co_return changed;
  }
  co_return reply_of(unsupported(request));
}

// kUnimplemented when there is no such action.
awaitable<Result<Reply>> ProcessEngine::change(std::string id, std::string action, Query query) {
  static constexpr std::array kActions{"start", "stop", "restart", "kill", "remove"};
  if (std::find(kActions.begin(), kActions.end(), action) == kActions.end())
    co_return make_error(Code::kUnimplemented, action);
  auto found = find(id);
  if (!found.ok()) co_return reply_of(found.error());
  const bool is_running = (*found)->record.is_running();
  const int timeout_s = stop_timeout_s((*found)->record.spec, query);
  if (action == (is_running ? "start" : "stop")) co_return reply_of(304, nullptr);
  Result<void> done;
  if (action == "stop" || action == "restart") done = co_await stop(id, timeout_s);
  if (done.ok() && (action == "start" || action == "restart")) done = co_await start(id);
  if (action == "kill") done = co_await kill(id, query.get("signal"));
  if (action == "remove") done = co_await remove(id, query.flag("force"));
  co_return done.ok() ? reply_of(204, nullptr) : reply_of(done.error());
}

awaitable<Result<std::unique_ptr<io::http::ReplyStream>>> ProcessEngine::open(ClientRequest request) {
  auto reply = co_await call(std::move(request));
  if (!reply.ok()) co_return reply.error();
  std::unique_ptr<io::http::ReplyStream> out = std::make_unique<CompleteStream>(std::move(*reply));
  co_return std::move(out);
}

Result<json> ProcessEngine::list_filtered(const Query& query) const {
  json filters = json::object();
  if (query.has("filters")) filters = json::parse(query.get("filters"), nullptr, false);
  if (!filters.is_object()) return make_error(Code::kInvalidArgument, "invalid filters");
  static constexpr std::array kFilters{"label", "id", "name", "status"};
  for (const auto& [name, values] : filters.items())
    if (std::find(kFilters.begin(), kFilters.end(), name) == kFilters.end())
      return make_error(Code::kInvalidArgument, "invalid filter '" + name + "'");
  const bool has_all = query.flag("all") || !filter_values(filters, "status").empty();
  std::vector<const ProcessRecord*> records;
  for (const auto& [id, container] : containers_)
    if ((has_all || container->record.is_running()) && is_meant(container->record, filters))
      records.push_back(&container->record);
  std::sort(records.begin(), records.end(), [](auto* a, auto* b) { return a->created > b->created; });
  json out = json::array();
  for (const auto* record : records) out.push_back(list_process(*record, system_clock().wall()));
  return out;
}

}  // namespace skein::engine
