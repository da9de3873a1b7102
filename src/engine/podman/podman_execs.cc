// PodmanEngine: its execs, of which Podman knows nothing.
#include "engine/podman/podman_engine.h"
#include "engine/podman/podman_errors.h"
#include "engine/podman/spec/create_spec.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using boost::asio::awaitable;
using nlohmann::json;

// From the kept inspection: an exec of a container that was asked about costs no question.
awaitable<Result<ExecContainer>> PodmanEngine::find_for_exec(std::string name) {
  io::http::ClientRequest question;
  question.target = "/containers/" + io::http::percent_encode(name) + "/json";
  SKEIN_CO_TRY_ASSIGN(io::http::Reply reply, co_await inspection(std::move(question)));
  if (!reply.is_success()) co_return podman_error(reply, {.container = name});
  SKEIN_CO_TRY_ASSIGN(json shown, reply.json());
  hide_podman_defaults(shown);
  co_return exec_container(shown);
}

awaitable<Result<std::string>> PodmanEngine::create_exec(std::string container, ExecRequest request) {
  return execs_.create(std::move(container), std::move(request));
}

awaitable<Result<std::unique_ptr<io::http::ByteStream>>> PodmanEngine::start_exec(std::string id, ExecStart start) {
  return execs_.start(std::move(id), start);
}

awaitable<Result<void>> PodmanEngine::resize_exec(std::string id, ConsoleSize size) {
  return execs_.resize(std::move(id), size);
}

awaitable<Result<json>> PodmanEngine::inspect_exec(std::string id) { co_return execs_.show(id); }

awaitable<Result<void>> PodmanEngine::kill_exec(std::string id) {
  execs_.kill(id);
  co_return Result<void>();
}

}  // namespace skein::engine
