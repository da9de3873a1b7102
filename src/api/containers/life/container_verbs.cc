// What is done to containers in the states that they are in: pause, unpause, top, resize, logs.
#include "api/containers/containers.h"
#include "api/containers/process_table.h"
#include "api/replies/passing.h"
#include "api/requests/query_numbers.h"
#include "containers/facts/container_json.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::text_of;
using io::http::Response;
using nlohmann::json;

namespace {

Passing about(const std::string& container) {
  Passing passing;
  passing.subject.container = container;
  return passing;
}

// "all", a number of lines, or what Docker takes for "all".
void repair_tail(io::http::Query& query) {
  const std::string tail = query.get("tail");
  const bool is_number = !tail.empty() && tail.size() < 10 && tail.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number) query.set("tail", "all");
}

}  // namespace

awaitable<Response> Containers::pass_verb(Request& request, Verb verb) {
  const std::string name = request.param("id");
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return Response::of_error(container.error());
  auto refused = refusal(verb, phase_of(*container), {text_of(*container, "Id"), name});
  if (refused) co_return *refused;
  auto response = co_await pass_whole(engine_, to_engine(request), about(name));
  co_return response;
}

// The engine sets no size while a container is paused; its next size comes with the next change.
awaitable<Response> Containers::resize(Request& request) {
  for (const char* side : {"h", "w"})
    if (auto size = parse_int(request.query.get(side)); !size.ok()) co_return Response::of_error(size.error());
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  auto response = Response::of_status(200);
  if (phase_of(*container) != containers::Phase::kPaused) response = co_await pass_verb(request, Verb::kResize);
  if (response.status < 400)
    tell(*container, "resize", {{"height", request.query.get("h")}, {"width", request.query.get("w")}});
  co_return response;
}

awaitable<Response> Containers::logs(Request& request) {
  if (!request.query.flag("stdout") && !request.query.flag("stderr"))
    co_return Response::of_message(400, "Bad parameters: you must choose at least one stream");
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  repair_tail(request.query);
  auto query = engine::parse_log_query(request.query);
  if (!query.ok()) co_return Response::of_error(query.error());
  auto log = co_await engine_.logs(text_of(*container, "Id"), std::move(*query));
  if (!log.ok()) co_return Response::of_error(log.error());
  const bool is_framed = !containers::has_terminal(*container) && request.version >= io::http::ApiVersion{1, 42};
  co_return stream_answer(std::move(*log), is_framed ? kMultiplexedStream : kRawStream);
}

// Docker's default is listed here, on the host. All else is left to the engine, which runs the container's own ps.
awaitable<Response> Containers::top(Request& request) {
  const std::string name = request.param("id");
  const std::string wanted = request.query.get("ps_args");
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return Response::of_error(container.error());
  auto refused = refusal(Verb::kTop, phase_of(*container), {text_of(*container, "Id"), name});
  if (refused) co_return *refused;
  const json& pid = engine::at(engine::at(*container, "State"), "Pid");
  if ((wanted.empty() || wanted == "-ef") && pid.is_number_integer() && pid.get<int>() > 0) {
    const auto context = read_process_context("/proc", system_clock().wall());
    tell(*container, "top", json::object());
    co_return Response::of_json(200, format_process_table(read_processes_beside(pid.get<int>(), "/proc"), context));
  }
  request.query.set("stream", "false");  // the engine's default is to repeat it for ever
  auto response = co_await pass_whole(engine_, to_engine(request), about(name));
  if (response.status < 400) tell(*container, "top", json::object());
  co_return response;
}

}  // namespace skein::api
