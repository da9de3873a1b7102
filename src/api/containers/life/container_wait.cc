// POST /containers/{id}/wait: from the engine's events, since Podman's own answers the wrong code for --rm.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/containers/containers.h"
#include "api/containers/show/container_json.h"
#include "engine/container_life.h"
#include "engine/errors.h"
#include "io/loop/timer.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::text_of;
using io::http::Response;
using nlohmann::json;

namespace {

// How long an exit code may be on its way: 10 s in all.
constexpr int kEndingLooksMax = 200;
constexpr std::chrono::milliseconds kEndingPause{50};

Response status_code(int code) {
  json value{{"StatusCode", code}, {"Error", nullptr}};
  return Response::of_json(200, value);
}

}  // namespace

awaitable<Response> Containers::wait(Request& request) {
  std::string condition = request.query.get("condition");
  if (condition.empty()) condition = "not-running";
  if (condition != "not-running" && condition != "next-exit" && condition != "removed")
    co_return Response::of_message(400, "invalid condition: \"" + condition + "\"");
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) {
    auto failed = failed_starts_.find(request.param("id"));
    co_return failed ? status_code(engine::exit_code_of_start_error(failed->body))
                     : Response::of_error(container.error());
  }
  std::string id = text_of(*container, "Id");
  auto ticket = waits_.join(id, condition == "removed" ? ExitWaits::Until::kRemoval : ExitWaits::Until::kExit);
  // Looked at only now that no exit can be missed any more.
  if (condition != "next-exit") co_await settle(id, ticket, condition == "not-running");
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

// Tells the ticket of an exit or a removal that lies before it.
awaitable<void> Containers::settle(std::string id, std::shared_ptr<ExitWaits::Ticket> ticket, bool ends_with_exit) {
  for (int looks = 0; looks < kEndingLooksMax; ++looks) {
    auto container = co_await engine_.inspect(id);
    if (!container.ok()) {
      if (container.error().code == Code::kNotFound) ticket->finish();
      co_return;
    }
    auto life = engine::life_of(*container);
    if (life == engine::Life::kRunning) co_return;
    const bool is_lost = notes_.of(id).lost_at.has_value();
    if (is_lost || life != engine::Life::kEnding) {
      ticket->set_past_code(is_lost ? engine::kExitCodeUnknown : engine::exit_code_of(*container));
      if (ends_with_exit) ticket->finish();
      co_return;
    }
    io::Timer pause(loop_, kEndingPause);
    co_await pause.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  // Nobody has noticed yet how it ended.
  if (ends_with_exit) ticket->finish();
}

}  // namespace skein::api
