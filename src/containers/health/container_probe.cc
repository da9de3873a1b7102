#include "containers/health/container_probe.h"

#include <array>
#include <boost/asio/use_awaitable.hpp>

#include "base/time/duration.h"
#include "containers/health/probe_output.h"
#include "engine/errors.h"
#include "engine/json_fields.h"
#include "io/loop/timer.h"

namespace skein::containers {

namespace asio = boost::asio;
using asio::awaitable;
using engine::at;
using nlohmann::json;

namespace {

std::chrono::milliseconds in_ms(Duration duration) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(duration), std::chrono::milliseconds(1));
}

Error refused(const io::http::Reply& reply) {
  return make_error(engine::code_of_status(reply.status), reply.message());
}

io::http::ClientRequest post(std::string target, const json& body, Duration timeout) {
  io::http::ClientRequest request;
  request.method = "POST";
  request.target = std::move(target);
  request.headers.set("Content-Type", "application/json");
  request.body = body.dump();
  request.timeout = in_ms(timeout);
  return request;
}

}  // namespace

ContainerProbe::ContainerProbe(asio::any_io_executor executor, engine::Engine& engine, std::string container_id,
                               std::vector<std::string> command, Duration timeout)
    : executor_(std::move(executor)),
      engine_(engine),
      container_id_(std::move(container_id)),
      command_(std::move(command)),
      timeout_(timeout) {}

awaitable<Result<ContainerProbe::End>> ContainerProbe::run() {
  if (!hanging_.empty()) {
    auto before = co_await inspect(hanging_);
    if (before.ok() && at(*before, "Running") == true) co_return late("");
    hanging_.clear();
  }
  SKEIN_CO_TRY_ASSIGN(std::string id, co_await create());
  SKEIN_CO_TRY_ASSIGN(Written written, co_await start_and_wait(id));
  if (written.is_late) {
    hanging_ = id;
    SKEIN_CO_TRY(co_await engine_.kill_exec(id));
    co_return late(written.output);
  }
  SKEIN_CO_TRY_ASSIGN(json ended, co_await inspect(id));
  const json& code = at(ended, "ExitCode");
  if (!code.is_number_integer()) co_return make_error(Code::kDataLoss, "the engine tells no exit code of a check");
  End end{code.get<int>(), std::move(written.output)};
  co_return end;
}

ContainerProbe::End ContainerProbe::late(const std::string& output) const {
  const std::string why = "Health check exceeded timeout (" + format_duration(timeout_) + ")";
  return {-1, output.empty() ? why : why + ": " + output};
}

awaitable<Result<std::string>> ContainerProbe::create() {
  json body{{"AttachStdout", true}, {"AttachStderr", true}, {"Cmd", command_}};
  auto request = post("/containers/" + container_id_ + "/exec", body, timeout_);
  SKEIN_CO_TRY_ASSIGN(io::http::Reply reply, co_await engine_.call(std::move(request)));
  if (!reply.is_success()) co_return refused(reply);
  SKEIN_CO_TRY_ASSIGN(json created, reply.json());
  co_return engine::text_of(created, "Id");
}

awaitable<Result<ContainerProbe::Written>> ContainerProbe::start_and_wait(std::string exec_id) {
  json body{{"Detach", false}, {"Tty", false}};
  auto request = post("/exec/" + exec_id + "/start", body, timeout_);
  SKEIN_CO_TRY_ASSIGN(io::http::Hijacked started, co_await engine_.hijack(std::move(request)));
  if (!started.stream) co_return refused(started.head);
  std::shared_ptr<io::http::ByteStream> stream = std::move(started.stream);
  auto is_late = std::make_shared<bool>(false);
  io::Timer limit(executor_, timeout_);
  limit.async_wait([stream, is_late](const boost::system::error_code& error) {
    if (error) return;
    *is_late = true;
    stream->close();
  });
  ProbeOutput output;
  std::array<char, 4096> piece;
  for (;;) {
    auto size = co_await stream->read_some(piece);
    if (!size.ok() || *size == 0) break;
    output.add({piece.data(), *size});
  }
  limit.cancel();
  Written written{output.text(), *is_late};
  co_return written;
}

awaitable<Result<json>> ContainerProbe::inspect(std::string exec_id) {
  io::http::ClientRequest request;
  request.target = "/exec/" + exec_id + "/json";
  request.timeout = in_ms(timeout_);
  SKEIN_CO_TRY_ASSIGN(io::http::Reply reply, co_await engine_.call(std::move(request)));
  if (!reply.is_success()) co_return refused(reply);
  co_return reply.json();
}

}  // namespace skein::containers
