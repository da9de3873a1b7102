// POST /exec/{id}/start.
#include "api/containers.h"
#include "api/exec_stream.h"
#include "api/passing.h"
#include "api/request_body.h"
#include "api/request_json.h"
#include "api/schemas.h"
#include "engine/json_fields.h"

namespace skein::api {

using boost::asio::awaitable;
using io::http::Response;
using nlohmann::json;

namespace {

struct ExecStart {
  bool is_detached = false;
  bool has_terminal = false;
};

Result<ExecStart> parse_exec_start(const io::http::Request& request) {
  SKEIN_TRY_ASSIGN(json body, body_of(request, schema::kExecStartBody));
  ExecStart out;
  SKEIN_TRY_ASSIGN(out.is_detached, flag_member(body, "Detach"));
  SKEIN_TRY_ASSIGN(out.has_terminal, flag_member(body, "Tty"));
  return out;
}

awaitable<std::string> command_of(engine::Engine& engine, std::string exec_id) {
  io::http::ClientRequest ask;
  ask.method = "GET";
  ask.target = "/exec/" + io::http::percent_encode(exec_id) + "/json";
  auto reply = co_await engine.call(std::move(ask));
  if (!reply.ok() || !reply->is_success()) co_return "";
  auto shown = reply->json();
  co_return shown.ok() ? engine::text_of(engine::at(*shown, "ProcessConfig"), "entrypoint") : "";
}

}  // namespace

awaitable<Response> Containers::start_exec(Request& request) {
  auto wanted = parse_exec_start(request);
  if (!wanted.ok()) co_return Response::of_error(wanted.error());
  std::string id = request.param("id");
  Passing passing;
  passing.subject.container = id;
  if (wanted->is_detached) {
    auto response = co_await pass_whole(engine_, to_engine_with_body(request), passing);
    co_return response;
  }
  bool is_framed = !wanted->has_terminal;
  if (is_framed && request.version >= io::http::ApiVersion{1, 42})
    passing.content_type = "application/vnd.docker.multiplexed-stream";
  passing.change_stream = [this, id, is_framed](std::shared_ptr<io::http::ByteStream> stream) {
    return std::make_shared<ExecStream>(std::move(stream), is_framed, [this, id] { return command_of(engine_, id); });
  };
  auto response = co_await pass_hijack(engine_, to_engine_with_body(request), passing);
  co_return response;
}

}  // namespace skein::api
