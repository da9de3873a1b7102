#include "api/logs/log_stream.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "api/events/event_bus.h"
#include "api/swarm/swarm_routes.h"
#include "base/time/moment.h"

namespace skein::api {

using io::http::Response;
using store::api::LogMessage;

namespace {

constexpr size_t kPieceBytes = 64u << 10;  // written at a time
constexpr char kSystemError = 3;

const std::string kLabelPrefix = "com.docker.swarm.";

// Docker asks nodes for the last n lines with −(n+1), so that 0 can mean all.
Result<int64_t> parse_tail(const std::string& text) {
  if (text.empty() || text == "all") return 0;
  int64_t lines = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), lines);
  if (failed != std::errc() || end != text.data() + text.size() || lines == INT64_MAX)
    return make_error(Code::kInvalidArgument, "tail value must be a positive integer or \"all\"");
  if (lines < 0) return make_error(Code::kInvalidArgument, "negative tail values not supported");
  return -(lines + 1);
}

std::string frame(char stream, const std::string& text, bool has_terminal) {
  if (has_terminal) return text;
  std::string out(8, '\0');
  out[0] = stream;
  for (size_t i = 0; i < 4; ++i) out[7 - i] = static_cast<char>(text.size() >> (8 * i));
  return out + text;
}

// "com.docker.swarm.node.id=…,com.docker.swarm.service.id=…,…": what the node told besides, and whose line it is.
std::string details_of(const LogMessage& message) {
  std::map<std::string, std::string> all;
  for (const auto& attribute : message.attrs()) all[attribute.key()] = attribute.value();
  all[kLabelPrefix + "node.id"] = message.context().node_id();
  all[kLabelPrefix + "service.id"] = message.context().service_id();
  all[kLabelPrefix + "task.id"] = message.context().task_id();
  std::string out;
  for (const auto& [key, value] : all)
    out += (out.empty() ? "" : ",") + io::http::percent_encode(key) + "=" + io::http::percent_encode(value);
  return out;
}

boost::asio::awaitable<void> write_logs(std::shared_ptr<cluster::LogReader> reader, LogQuery query, bool has_terminal,
                                        io::http::BodySink& sink) {
  for (;;) {
    auto messages = co_await reader->next();
    if (!messages.ok() || !*messages) {
      std::string last = messages.ok() ? "" : format_log_error(messages.error(), has_terminal);
      auto written = co_await sink.write(last);
      if (!written.ok()) co_return;
      co_return;
    }
    std::string piece;
    for (const LogMessage& message : **messages) {
      piece += format_log(message, query, has_terminal);
      if (piece.size() < kPieceBytes) continue;
      auto written = co_await sink.write(piece);
      if (!written.ok()) co_return;
      piece.clear();
    }
    auto written = co_await sink.write(piece);
    if (!written.ok()) co_return;
  }
}

}  // namespace

Result<LogQuery> parse_log_query(const io::http::Query& query) {
  LogQuery out;
  if (query.flag("stdout")) out.options.add_streams(store::api::STDOUT);
  if (query.flag("stderr")) out.options.add_streams(store::api::STDERR);
  if (out.options.streams().empty())
    return make_error(Code::kInvalidArgument, "Bad parameters: you must choose at least one stream");
  out.options.set_follow(query.flag("follow"));
  SKEIN_TRY_ASSIGN(int64_t tail, parse_tail(query.get("tail")));
  out.options.set_tail(tail);
  if (std::string since = query.get("since"); !since.empty()) {
    auto moment = parse_moment(since, system_clock().wall());
    if (!moment.ok()) return make_error(Code::kInvalidArgument, "could not parse since timestamp", since);
    *out.options.mutable_since() = model::to_timestamp(*moment);
  }
  out.has_timestamps = query.flag("timestamps");
  out.has_details = query.flag("details");
  return out;
}

Result<LogSource> logs_of_service(const store::Tables& view, const std::string& text) {
  SKEIN_TRY_ASSIGN(auto service, view.find<store::api::Service>(text));
  if (!service->spec().task().has_container())
    return make_error(Code::kInvalidArgument, "logs only supported on container tasks");
  LogSource out;
  out.selector.add_service_ids(service->id());
  out.has_terminal = service->spec().task().container().tty();
  return out;
}

Result<LogSource> logs_of_task(const store::Tables& view, const std::string& text) {
  SKEIN_TRY_ASSIGN(auto task, view.find<store::api::Task>(text));
  if (!task->spec().has_container())
    return make_error(Code::kInvalidArgument, "logs only supported on container tasks");
  LogSource out;
  out.selector.add_task_ids(task->id());
  out.has_terminal = task->spec().container().tty();
  return out;
}

std::string format_log(const LogMessage& message, const LogQuery& query, bool has_terminal) {
  const auto& streams = query.options.streams();
  if (std::find(streams.begin(), streams.end(), message.stream()) == streams.end()) return "";
  std::string text;
  if (query.has_timestamps) text += model::to_wall(message.timestamp()).rfc3339() + " ";
  if (query.has_details) text += details_of(message) + " ";
  text += message.data();
  return frame(message.stream() == store::api::STDERR ? 2 : 1, text, has_terminal);
}

std::string format_log_error(const Error& error, bool has_terminal) {
  return frame(kSystemError, "Error grabbing logs: " + as_rpc_error(error).text() + "\n", has_terminal);
}

Response stream_logs(cluster::Logs& broker, LogSource source, LogQuery query, io::http::ApiVersion version) {
  auto subscribed = broker.subscribe(std::move(source.selector), query.options);
  if (!subscribed.ok()) return Response::of_error(as_rpc_error(subscribed.error()));
  Response response;
  bool is_multiplexed = !source.has_terminal && version >= io::http::ApiVersion{1, 42};
  response.headers.set("Content-Type", is_multiplexed ? "application/vnd.docker.multiplexed-stream"
                                                      : "application/vnd.docker.raw-stream");
  response.stream = [reader = std::shared_ptr<cluster::LogReader>(std::move(*subscribed)), query = std::move(query),
                     has_terminal = source.has_terminal](io::http::BodySink& sink) {
    return write_logs(reader, query, has_terminal, sink);
  };
  return response;
}

}  // namespace skein::api
