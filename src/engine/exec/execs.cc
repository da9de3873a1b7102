#include "engine/exec/execs.h"

#include <boost/asio/use_awaitable.hpp>

#include "base/random.h"
#include "engine/exec/exec_json.h"
#include "engine/exec/request/exec_failure.h"
#include "io/loop/timer.h"

namespace skein::engine {

namespace asio = boost::asio;
using asio::awaitable;
using io::http::ByteStream;
using nlohmann::json;

namespace {

// As long as Docker waits for an exec that is to be resized.
constexpr Duration kStartWaitMax = std::chrono::seconds(10);
constexpr auto kStartAskPause = std::chrono::milliseconds(20);

Error unknown_exec(const std::string& id) { return make_error(Code::kNotFound, "No such exec instance: " + id); }

}  // namespace

Execs::Execs(io::TaskScope& tasks, Spawn spawn, Find find, Tell tell)
    : tasks_(tasks), spawn_(std::move(spawn)), find_(std::move(find)), tell_(std::move(tell)) {}

Result<json> Execs::show(const std::string& id) {
  const auto exec = table_.find(id, system_clock().now());
  if (!exec) return unknown_exec(id);
  return show_exec(*exec);
}

awaitable<Result<ExecContainer>> Execs::find_running(std::string called) {
  SKEIN_CO_TRY_ASSIGN(ExecContainer container, co_await find_(called));
  if (auto refused = exec_refusal(container, called))
    co_return make_error(code_of_status(refused->status), refused->message);
  co_return container;
}

awaitable<Result<std::string>> Execs::create(std::string container, ExecRequest request) {
  auto exec = std::make_shared<Exec>();
  SKEIN_CO_TRY_ASSIGN(exec->container, co_await find_running(std::move(container)));
  exec->id = system_random().hex(64);
  exec->request = std::move(request);
  SKEIN_CO_TRY(table_.add(exec, system_clock().now()));
  tell(*exec, "exec_create");
  co_return exec->id;
}

awaitable<Result<std::shared_ptr<RunningExec>>> Execs::run(std::shared_ptr<Exec> exec, ExecStart start) {
  if (exec->phase == ExecPhase::kEnded)
    co_return make_error(Code::kAlreadyExists, "Error: Exec command " + exec->id + " has already run");
  if (exec->phase == ExecPhase::kRunning)
    co_return make_error(Code::kAlreadyExists, "Error: Exec command " + exec->id + " is already running");
  if (table_.running() >= ExecTable::kRunningMax)
    co_return make_error(Code::kUnavailable,
                         "no more than " + std::to_string(ExecTable::kRunningMax) + " execs can run at once");
  exec->phase = ExecPhase::kRunning;
  auto container = co_await find_running(exec->container.id);
  if (!container.ok()) {
    exec->phase = ExecPhase::kCreated;
    co_return container.error();
  }
  tell(*exec, "exec_start");
  if (start.console) exec->request.console = start.console;
  auto spawned = spawn_(*exec, *container, start.is_detached);
  if (!spawned.ok()) {
    exec->phase = ExecPhase::kEnded;
    exec->ended_at = system_clock().now();
    exec->exit_code = 126;
    exec->failure = spawned.error();
    co_return std::shared_ptr<RunningExec>();
  }
  auto on_start = [exec](pid_t process) { exec->process = process; };
  auto on_end = [this, exec](const RunningExec::End& ended) { end(exec, ended); };
  auto running = RunningExec::start(tasks_, keeper_, std::move(*spawned), {on_start, on_end});
  exec->running = running;
  co_return running;
}

awaitable<Result<std::unique_ptr<ByteStream>>> Execs::start(std::string id, ExecStart start) {
  const auto exec = table_.find(id, system_clock().now());
  if (!exec) co_return unknown_exec(id);
  SKEIN_CO_TRY_ASSIGN(const auto running, co_await run(exec, start));
  std::unique_ptr<ByteStream> stream;
  if (start.is_detached) {
    if (!running) co_return exec->failure;
    co_await running->wait_for_start();
    running->leave();
    if (!running->is_started()) co_return exec->failure;
  } else if (!running) {
    stream = std::make_unique<FailedExecStream>(exec->failure.text(), start.is_raw);
  } else {
    ExecStreamOptions options;
    options.is_raw = start.is_raw;
    options.has_input = exec->request.attaches_input;
    if (exec->request.has_terminal) options.detach_keys = exec->request.detach_keys;
    options.why_not_started = [exec] { return exec->failure.text(); };
    options.on_detach = [this, exec] { tell(*exec, "exec_detach"); };
    stream = std::make_unique<ExecStream>(running, std::move(options));
  }
  co_return std::move(stream);
}

awaitable<Result<void>> Execs::resize(std::string id, ConsoleSize size) {
  const auto exec = table_.find(id, system_clock().now());
  if (!exec) co_return unknown_exec(id);
  io::Timer pause(tasks_.executor());
  const TimePoint last = pause.now() + kStartWaitMax;
  while (exec->phase != ExecPhase::kEnded && exec->process == 0) {
    if (pause.now() >= last) co_return make_error(Code::kUnknown, "timeout waiting for exec session ready");
    pause.expires_after(kStartAskPause);
    co_await pause.async_wait(asio::use_awaitable);
  }
  const auto running = exec->running.lock();
  if (exec->phase == ExecPhase::kEnded || !running) co_return make_error(Code::kNotFound, "no such exec");
  running->resize(size);
  co_return Result<void>();
}

void Execs::kill(const std::string& id) {
  const auto exec = table_.find(id, system_clock().now());
  if (const auto running = exec ? exec->running.lock() : nullptr) running->kill();
}

void Execs::on_container_exit(const std::string& id) {
  table_.forget_unstarted(id);
  for (const auto& exec : table_.running_in(id))
    if (const auto running = exec->running.lock()) running->kill();
}

void Execs::end(const std::shared_ptr<Exec>& exec, const RunningExec::End& ended) {
  exec->phase = ExecPhase::kEnded;
  exec->ended_at = system_clock().now();
  exec->exit_code = ended.exit_code;
  if (!ended.was_started) {
    const auto failure = exec_failure(ended.log, exec->request.command.front(), exec->container.id);
    exec->exit_code = failure.exit_code;
    exec->failure = make_error(code_of_status(failure.status), failure.message);
  }
  if (ended.was_started) tell(*exec, "exec_die");
}

void Execs::tell(const Exec& exec, const std::string& action) const {
  tell_(exec_event(exec, action, system_clock().wall()));
}

}  // namespace skein::engine
