// POST /containers/{id}/attach.
#include "api/containers/containers.h"
#include "api/replies/passing.h"
#include "containers/facts/container_json.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::text_of;
using io::http::Response;

namespace {

Response hijacked(const std::string& content_type, std::function<awaitable<void>(io::http::ByteStream&)> serve) {
  Response out;
  out.headers.set("Content-Type", content_type);
  out.hijack = std::move(serve);
  return out;
}

Response ended_stream(const std::string& content_type) {
  return hijacked(content_type, [](io::http::ByteStream& front) -> awaitable<void> {
    front.end_writing();
    co_return;
  });
}

}  // namespace

awaitable<Response> Containers::attach(Request& request) {
  std::string name = request.param("id");
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return Response::of_error(container.error());
  const containers::Phase phase = containers::phase_of(*container);
  if (auto refused = refusal(Verb::kAttach, phase, {text_of(*container, "Id"), name})) co_return *refused;
  const bool is_framed = !containers::has_terminal(*container) && request.version >= io::http::ApiVersion{1, 42};
  const std::string content_type = is_framed ? kMultiplexedStream : kRawStream;
  // The engine would prepare a container that has ended for its next run; Docker's clients read the end of it.
  if (!containers::is_alive(phase) && phase != containers::Phase::kCreated) co_return ended_stream(content_type);
  engine::AttachQuery query = engine::parse_attach_query(request.query);
  query.program = text_of(*container, "Path");
  auto attached = co_await engine_.attach(name, std::move(query));
  if (attached.ok()) co_return hijack_answer(std::move(*attached), content_type);
  auto response = Response::of_error(attached.error());
  if (phase != containers::Phase::kCreated) co_return response;
  // Podman prepares a container when it is attached to, so a command that does not exist fails here. Docker's clients
  // want to hear of it from `start`: the attachment succeeds, and stays silent.
  failed_starts_.remember(containers::identity_of(*container), std::move(response));
  auto stay_silent = [](io::http::ByteStream& front) -> awaitable<void> {
    std::array<char, 1024> ignored;
    while (true) {
      auto size = co_await front.read_some(ignored);
      if (!size.ok() || *size == 0) co_return;
    }
  };
  co_return hijacked(content_type, stay_silent);
}

}  // namespace skein::api
