// POST /containers/{id}/wait: from the engine's events, since Podman's own answers the wrong code for --rm.
#include "api/containers/containers.h"
#include "containers/facts/container_json.h"
#include "engine/errors.h"

namespace skein::api {

using boost::asio::awaitable;
using containers::WaitFor;
using engine::text_of;
using io::http::Response;
using nlohmann::json;

namespace {

Response status_code(int code) {
  json value{{"StatusCode", code}, {"Error", nullptr}};
  return Response::of_json(200, value);
}

std::optional<WaitFor> condition_named(const std::string& name) {
  if (name == "not-running") return WaitFor::kNotRunning;
  if (name == "next-exit") return WaitFor::kNextExit;
  if (name == "removed") return WaitFor::kRemoval;
  return std::nullopt;
}

}  // namespace

awaitable<Response> Containers::wait(Request& request) {
  const std::string condition = request.query.get("condition");
  const auto wanted = condition_named(condition.empty() ? "not-running" : condition);
  if (!wanted) co_return Response::of_message(400, "invalid condition: \"" + condition + "\"");
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) {
    auto failed = failed_starts_.find(request.param("id"));
    co_return failed ? status_code(engine::exit_code_of_start_error(failed->body))
                     : Response::of_error(container.error());
  }
  auto ticket = co_await keeper_.join(text_of(*container, "Id"), *wanted);
  Response response;
  response.headers.set("Content-Type", "application/json");
  // The head goes out at once: clients wait for it before they start the container.
  response.stream = [ticket](io::http::BodySink& sink) -> awaitable<void> {
    int code = co_await ticket->wait();
    std::string text = status_code(code).body;
    auto written = co_await sink.write(text);
    if (!written.ok()) co_return;
  };
  co_return response;
}

}  // namespace skein::api
