// Execs: POST /containers/{id}/exec, POST /exec/{id}/start and /resize, GET /exec/{id}/json.
#include <algorithm>

#include "api/containers/containers.h"
#include "api/replies/passing.h"
#include "api/requests/query_numbers.h"
#include "api/requests/request_body.h"
#include "api/requests/schemas.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::text_of;
using io::http::Response;
using nlohmann::json;

namespace {

constexpr io::http::ApiVersion kConsoleSince{1, 42};

Result<json> decode_exec_body(io::http::Request& request, const schema::Schema& schema) {
  SKEIN_TRY_ASSIGN(json body, body_of(request, schema));
  if (request.version < kConsoleSince) body.erase("ConsoleSize");
  return body;
}

// What is too large for a terminal is as large as can be.
Result<uint16_t> parse_side(const io::http::Query& query, const char* name) {
  SKEIN_TRY_ASSIGN(const int64_t side, parse_int(query.get(name)));
  return static_cast<uint16_t>(std::clamp<int64_t>(side, 0, UINT16_MAX));
}

}  // namespace

awaitable<Response> Containers::create_exec(Request& request) {
  auto body = decode_exec_body(request, schema::kExecBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  auto wanted = engine::parse_exec_request(*body);
  if (!wanted.ok()) co_return Response::of_error(wanted.error());
  auto created = co_await engine_.create_exec(request.param("id"), std::move(*wanted));
  if (created.ok()) co_return Response::of_json(201, {{"Id", *created}});
  const auto container = co_await engine_.inspect(request.param("id"));
  if (container.ok() && phase_of(*container) == containers::Phase::kRestarting)
    co_return Response::of_message(
        409, "Container " + text_of(*container, "Id") + " is restarting, wait until the container is running");
  co_return Response::of_error(created.error());
}

awaitable<Response> Containers::start_exec(Request& request) {
  auto body = decode_exec_body(request, schema::kExecStartBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  const engine::ExecStart start = engine::parse_exec_start(*body);
  auto stream = co_await engine_.start_exec(request.param("id"), start);
  if (!stream.ok()) co_return Response::of_error(stream.error());
  if (start.is_detached) co_return Response::of_status(200);
  const bool is_framed = !start.is_raw && request.version >= io::http::ApiVersion{1, 42};
  co_return hijack_answer(std::move(*stream), is_framed ? kMultiplexedStream : kRawStream);
}

awaitable<Response> Containers::resize_exec(Request& request) {
  auto rows = parse_side(request.query, "h"), columns = parse_side(request.query, "w");
  for (const auto* side : {&rows, &columns})
    if (!side->ok()) co_return Response::of_error(side->error());
  auto resized = co_await engine_.resize_exec(request.param("id"), {*rows, *columns});
  co_return resized.ok() ? Response::of_status(200) : Response::of_error(resized.error());
}

awaitable<Response> Containers::inspect_exec(Request& request) {
  auto shown = co_await engine_.inspect_exec(request.param("id"));
  co_return shown.ok() ? Response::of_json(200, *shown) : Response::of_error(shown.error());
}

}  // namespace skein::api
