// Execs: POST /containers/{id}/exec, POST /exec/{id}/start and /resize.
#include "api/containers/containers.h"
#include "api/replies/passing.h"
#include "api/requests/query_numbers.h"
#include "api/requests/request_body.h"
#include "api/requests/schemas.h"

namespace skein::api {

using boost::asio::awaitable;
using io::http::Response;
using nlohmann::json;

namespace {

constexpr io::http::ApiVersion kConsoleSince{1, 42};

// The decoded body takes the place of what came.
Result<json> decode_exec_body(io::http::Request& request, const schema::Schema& schema) {
  SKEIN_TRY_ASSIGN(json body, body_of(request, schema));
  if (request.version < kConsoleSince) body.erase("ConsoleSize");
  request.body = body.dump();
  request.headers.set("Content-Type", "application/json");
  return body;
}

Passing about_exec(const io::http::Request& request) {
  Passing passing;
  passing.subject.container = request.param("id");
  return passing;
}

}  // namespace

awaitable<Response> Containers::create_exec(Request& request) {
  auto body = decode_exec_body(request, schema::kExecBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  auto response = co_await pass_whole(engine_, to_engine_with_body(request), about_exec(request));
  co_return response;
}

awaitable<Response> Containers::start_exec(Request& request) {
  auto body = decode_exec_body(request, schema::kExecStartBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  Passing passing = about_exec(request);
  if (engine::at(*body, "Detach") == true) {
    auto response = co_await pass_whole(engine_, to_engine_with_body(request), passing);
    co_return response;
  }
  if (engine::at(*body, "Tty") != true && request.version >= io::http::ApiVersion{1, 42})
    passing.content_type = "application/vnd.docker.multiplexed-stream";
  auto response = co_await pass_hijack(engine_, to_engine_with_body(request), passing);
  co_return response;
}

awaitable<Response> Containers::resize_exec(Request& request) {
  for (const char* side : {"h", "w"})
    if (auto size = parse_int(request.query.get(side)); !size.ok()) co_return Response::of_error(size.error());
  auto response = co_await pass_whole(engine_, to_engine(request), about_exec(request));
  co_return response;
}

}  // namespace skein::api
