// start, stop, kill, restart: the engine is asked in the user's words, and the keeper says what else follows.
#include "api/containers/containers.h"
#include "api/replies/passing.h"
#include "api/requests/query_numbers.h"
#include "base/text/json_text.h"
#include "containers/facts/container_json.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::text_of;
using io::http::Response;
using nlohmann::json;

containers::Keeper::Act Containers::asking(Request& request, const json& container, Response& answer) {
  Passing passing;
  passing.subject.container = request.param("id");
  passing.subject.command = text_of(container, "Path");
  return [this, passing, &request, &answer]() -> awaitable<Result<void>> {
    answer = co_await pass_whole(engine_, to_engine(request), passing);
    if (answer.status >= 400) co_return answer_error(answer);
    co_return Result<void>();
  };
}

awaitable<Response> Containers::start(Request& request) {
  if (!request.query.get("checkpoint").empty())
    co_return Response::of_message(400, "checkpoint is only supported in experimental mode");
  const std::string name = request.param("id");
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) {
    auto failed = failed_starts_.find(name);
    co_return failed ? *failed : Response::of_error(container.error());
  }
  const std::string id = text_of(*container, "Id");
  if (auto refused = refusal(Verb::kStart, phase_of(*container), {id, name})) co_return *refused;
  if (on_start_) on_start_(*container);
  Response answer;
  auto started = co_await keeper_.start(*container, asking(request, *container, answer));
  if (started.ok()) co_return answer;
  if (answer.status < 400) co_return Response::of_error(started.error());  // before the engine was asked
  // Gone between the inspection and the start: its attachment had failed.
  if (auto failed = failed_starts_.find(id); answer.status == 404 && failed) co_return *failed;
  co_return answer;
}

awaitable<Response> Containers::stop(Request& request) {
  if (auto limited = translate_stop_limit(request.query); !limited.ok()) co_return Response::of_error(limited.error());
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  const std::string id = text_of(*container, "Id");
  if (!keeper_.may_come_back(id))
    if (auto refused = refusal(Verb::kStop, phase_of(*container), {id, request.param("id")})) co_return *refused;
  const bool was_restarting = keeper_.restarting_after(id);
  Response answer;
  auto stopped = co_await keeper_.stop(*container, asking(request, *container, answer));
  // To Docker it ran.
  if (was_restarting && stopped.ok() && answer.status == 304) {
    tell(*container, "stop", json::object());
    co_return Response::of_status(204);
  }
  co_return answer_of(stopped, answer);
}

awaitable<Response> Containers::kill(Request& request) {
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok())
    co_return Response::of_error(with_context(container.error(), "Cannot kill container: " + request.param("id")));
  const std::string id = text_of(*container, "Id");
  if (auto refused = refusal(Verb::kKill, phase_of(*container), {id, request.param("id")})) co_return *refused;
  if (request.query.get("signal").empty()) request.query.set("signal", "SIGKILL");
  Response answer = Response::of_status(204);  // of one that does not run, and only waits
  auto killed = co_await keeper_.kill(*container, request.query.get("signal"), asking(request, *container, answer));
  co_return answer_of(killed, answer);
}

awaitable<Response> Containers::restart(Request& request) {
  if (auto limited = translate_stop_limit(request.query); !limited.ok()) co_return Response::of_error(limited.error());
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  // The engine's default is to kill at once.
  const json& limit_s = engine::at(engine::at(*container, "Config"), "StopTimeout");
  if (!request.query.has("t"))
    request.query.set("t", limit_s.is_number_integer() ? json_text(limit_s) : std::to_string(kStopTimeoutDefault_s));
  Response answer;
  auto restarted = co_await keeper_.restart(*container, asking(request, *container, answer));
  co_return answer_of(restarted, answer);
}

}  // namespace skein::api
