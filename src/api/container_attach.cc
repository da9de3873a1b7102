// POST /containers/{id}/attach.
#include "api/container_json.h"
#include "api/containers.h"
#include "api/passing.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::at;
using engine::text_of;
using io::http::Response;

awaitable<Response> Containers::attach(Request& request) {
  std::string name = request.param("id");
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return Response::of_error(container.error());
  Passing passing;
  passing.subject.container = name;
  passing.subject.command = text_of(*container, "Path");
  if (!has_terminal(*container) && request.version >= io::http::ApiVersion{1, 42})
    passing.content_type = "application/vnd.docker.multiplexed-stream";
  auto response = co_await pass_hijack(engine_, to_engine(request), passing);
  std::string status = text_of(at(*container, "State"), "Status");
  bool is_new = status == "created" || status == "configured";
  if (response.hijack || !is_new) co_return response;
  // Podman prepares a container when it is attached to, so a command that does not exist fails here. Docker's clients
  // want to hear of it from `start`: the attachment succeeds, and stays silent.
  failed_starts_.remember(identity_of(*container), std::move(response));
  Response silent;
  silent.headers.set("Content-Type",
                     passing.content_type.empty() ? "application/vnd.docker.raw-stream" : passing.content_type);
  silent.hijack = [](io::http::ByteStream& front) -> awaitable<void> {
    std::array<char, 1024> ignored;
    while (true) {
      auto size = co_await front.read_some(ignored);
      if (!size.ok() || *size == 0) co_return;
    }
  };
  co_return silent;
}

}  // namespace skein::api
