#include "containers/health/container_probe.h"

#include <array>
#include <boost/asio/use_awaitable.hpp>

#include "base/time/duration.h"
#include "containers/health/probe_output.h"
#include "engine/values/json_fields.h"
#include "io/loop/timer.h"

namespace skein::containers {

namespace asio = boost::asio;
using asio::awaitable;
using engine::at;
using nlohmann::json;

ContainerProbe::ContainerProbe(asio::any_io_executor executor, engine::Engine& engine, std::string container_id,
                               std::vector<std::string> command, Duration timeout)
    : executor_(std::move(executor)),
      engine_(engine),
      container_id_(std::move(container_id)),
      command_(std::move(command)),
      timeout_(timeout) {}

awaitable<Result<ContainerProbe::End>> ContainerProbe::run() {
  if (!hanging_.empty()) {
    auto before = co_await engine_.inspect_exec(hanging_);
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
  SKEIN_CO_TRY_ASSIGN(json ended, co_await engine_.inspect_exec(id));
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
  return engine_.create_exec(container_id_, {.command = command_, .attaches_output = true, .attaches_errors = true});
}

awaitable<Result<ContainerProbe::Written>> ContainerProbe::start_and_wait(std::string exec_id) {
  SKEIN_CO_TRY_ASSIGN(std::shared_ptr<io::http::ByteStream> stream, co_await engine_.start_exec(exec_id, {}));
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

}  // namespace skein::containers
