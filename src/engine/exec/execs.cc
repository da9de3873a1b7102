#include "engine/exec/execs.h"

#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>

#include "base/random.h"
#include "engine/exec/exec_json.h"
#include "engine/exec/request/container_file.h"
#include "engine/exec/request/exec_failure.h"
#include "engine/exec/request/exec_spec.h"
#include "engine/json_fields.h"
#include "io/file/file.h"
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

AccountFiles read_accounts(pid_t process) {
  AccountFiles files;
  if (auto passwd = read_container_file(process, "/etc/passwd"); passwd.ok()) files.passwd = std::move(*passwd);
  if (auto group = read_container_file(process, "/etc/group"); group.ok()) files.group = std::move(*group);
  return files;
}

std::vector<std::string> own_capabilities() {
  const auto status = io::read_file("/proc/self/status");
  const size_t at = status.ok() ? status->find("CapPrm:") : std::string::npos;
  if (at == std::string::npos) return {};
  return capability_names(std::strtoull(status->c_str() + at + 7, nullptr, 16));
}

}  // namespace

Execs::Execs(io::TaskScope& tasks, ExecsOptions options, Find find, Tell tell)
    : tasks_(tasks),
      options_(std::move(options)),
      find_(std::move(find)),
      tell_(std::move(tell)),
      all_capabilities_(own_capabilities()) {}

Result<void> Execs::start_up() {
  SKEIN_TRY(io::make_directories(options_.sockets_folder, 0700));
  return keeper_.start();
}

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

Result<ExecOrder> Execs::order(const Exec& exec, const ExecContainer& container, bool is_detached) const {
  SKEIN_TRY_ASSIGN(const std::string text, io::read_file(options_.configuration_path(container.id)));
  json configuration = json::parse(text, nullptr, false);
  SKEIN_TRY_ASSIGN(const json spec, exec_spec(object_of(configuration, "process"), container, exec.request,
                                              read_accounts(container.process), all_capabilities_));
  ExecOrder out;
  out.container = container.id;
  out.process = spec.dump(-1, ' ', false, json::error_handler_t::replace);
  out.has_terminal = exec.request.has_terminal;
  out.wants_input = exec.request.attaches_input && !is_detached;
  out.wants_output = exec.request.attaches_output && !is_detached;
  out.wants_errors = exec.request.attaches_errors && !is_detached;
  out.console_path = options_.sockets_folder + "/" + exec.id.substr(0, 16);
  return out;
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
  Result<std::shared_ptr<RunningExec>> running = make_error(Code::kUnknown, "");
  auto wanted = order(*exec, *container, start.is_detached);
  if (wanted.ok()) {
    auto on_start = [exec](pid_t process) { exec->process = process; };
    auto on_end = [this, exec](const RunningExec::End& ended) { end(exec, ended); };
    running = RunningExec::start(tasks_, keeper_, options_.runtime, *wanted, {on_start, on_end});
  } else {
    running = wanted.error();
  }
  if (running.ok()) {
    exec->running = *running;
    co_return running;
  }
  exec->phase = ExecPhase::kEnded;
  exec->ended_at = system_clock().now();
  exec->exit_code = 126;
  exec->failure = running.error();
  co_return std::shared_ptr<RunningExec>();
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
