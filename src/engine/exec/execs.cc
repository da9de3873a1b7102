#include "engine/exec/execs.h"

#include <algorithm>
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
using io::http::Hijacked;
using io::http::Reply;
using nlohmann::json;

namespace {

// As long as Docker waits for an exec that is to be resized.
constexpr Duration kStartWaitMax = std::chrono::seconds(10);
constexpr auto kStartAskPause = std::chrono::milliseconds(20);

Reply exec_reply(int status, const json& value) {
  Reply reply;
  reply.status = status;
  if (!value.is_null()) {
    reply.headers.set("Content-Type", "application/json");
    reply.body = value.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  return reply;
}

Reply exec_message(int status, const std::string& message) { return exec_reply(status, {{"message", message}}); }
Reply exec_error(const Error& error) { return exec_message(http_status(error.code), error.text()); }
Reply unknown_exec(const std::string& id) { return exec_message(404, "No such exec instance: " + id); }

// What is too large for a terminal is as large as can be.
uint16_t side_of(const std::string& text) {
  return static_cast<uint16_t>(std::min<unsigned long>(std::strtoul(text.c_str(), nullptr, 10), UINT16_MAX));
}

std::optional<Reply> refuse_state(const ExecContainer& container, const std::string& called) {
  if (auto refused = exec_refusal(container, called)) return exec_message(refused->status, refused->message);
  return std::nullopt;
}

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

Execs::Execs(io::TaskScope& tasks, ExecsOptions options, Inspect inspect, Tell tell)
    : tasks_(tasks),
      options_(std::move(options)),
      inspect_(std::move(inspect)),
      tell_(std::move(tell)),
      all_capabilities_(own_capabilities()) {}

Result<void> Execs::start_up() {
  SKEIN_TRY(io::make_directories(options_.sockets_folder, 0700));
  return keeper_.start();
}

awaitable<Result<Reply>> Execs::call(ExecCall call, std::string body) {
  switch (call.verb) {
    case ExecVerb::kCreate: return create(call.subject, std::move(body));
    case ExecVerb::kStart: return start_detached(call.subject, std::move(body));
    case ExecVerb::kResize: return resize(call.subject, call.query);
    default: return show(call.subject);
  }
}

awaitable<Result<Reply>> Execs::show(std::string id) {
  const auto exec = table_.find(id, system_clock().now());
  co_return exec ? exec_reply(200, show_exec(*exec)) : unknown_exec(id);
}

Execs::Started Execs::refuse(Reply reply) { return {nullptr, std::move(reply)}; }

awaitable<Execs::Found> Execs::find_container(std::string name) {
  Found found;
  auto reply = co_await inspect_(name);
  if (!reply.ok()) {
    found.refusal = exec_error(reply.error());
  } else if (!reply->is_success()) {
    found.refusal = std::move(*reply);
  } else if (auto inspected = reply->json(); inspected.ok()) {
    found.container = exec_container(std::move(*inspected));
  } else {
    found.refusal = exec_error(inspected.error());
  }
  co_return found;
}

awaitable<Result<Reply>> Execs::create(std::string name, std::string body) {
  auto request = parse_exec_request(body);
  if (!request.ok()) co_return exec_error(request.error());
  auto found = co_await find_container(name);
  if (found.refusal) co_return *found.refusal;
  if (auto refused = refuse_state(found.container, name)) co_return *refused;
  auto exec = std::make_shared<Exec>();
  exec->id = system_random().hex(64);
  exec->container = std::move(found.container);
  exec->request = std::move(*request);
  if (auto added = table_.add(exec, system_clock().now()); !added.ok()) co_return exec_error(added.error());
  tell(*exec, "exec_create");
  co_return exec_reply(201, {{"Id", exec->id}});
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

awaitable<Execs::Started> Execs::run(std::shared_ptr<Exec> exec, ExecStart start) {
  if (exec->phase == ExecPhase::kEnded)
    co_return refuse(exec_message(409, "Error: Exec command " + exec->id + " has already run"));
  if (exec->phase == ExecPhase::kRunning)
    co_return refuse(exec_message(409, "Error: Exec command " + exec->id + " is already running"));
  if (table_.running() >= ExecTable::kRunningMax)
    co_return refuse(
        exec_message(503, "no more than " + std::to_string(ExecTable::kRunningMax) + " execs can run at once"));
  exec->phase = ExecPhase::kRunning;
  auto found = co_await find_container(exec->container.id);
  auto refused = found.refusal ? found.refusal : refuse_state(found.container, exec->container.id);
  if (refused) {
    exec->phase = ExecPhase::kCreated;
    co_return refuse(std::move(*refused));
  }
  tell(*exec, "exec_start");
  if (start.console) exec->request.console = start.console;
  Result<std::shared_ptr<RunningExec>> running = make_error(Code::kUnknown, "");
  auto wanted = order(*exec, found.container, start.is_detached);
  if (wanted.ok()) {
    auto on_start = [exec](pid_t process) { exec->process = process; };
    auto on_end = [this, exec](const RunningExec::End& ended) { end(exec, ended); };
    running = RunningExec::start(tasks_, keeper_, options_.runtime, *wanted, {on_start, on_end});
  } else {
    running = wanted.error();
  }
  if (running.ok()) {
    exec->running = *running;
    co_return Started{*running, std::nullopt};
  }
  exec->phase = ExecPhase::kEnded;
  exec->ended_at = system_clock().now();
  exec->exit_code = 126;
  exec->failure_status = http_status(running.error().code);
  exec->failure = running.error().text();
  co_return Started();
}

awaitable<Result<Reply>> Execs::start_detached(std::string id, std::string body) {
  auto start = parse_exec_start(body);
  if (!start.ok()) co_return exec_error(start.error());
  const auto exec = table_.find(id, system_clock().now());
  if (!exec) co_return unknown_exec(id);
  start->is_detached = true;
  auto started = co_await run(exec, *start);
  if (started.refusal) co_return *started.refusal;
  if (!started.exec) co_return exec_message(exec->failure_status, exec->failure);
  co_await started.exec->wait_for_start();
  started.exec->leave();
  if (started.exec->is_started()) co_return exec_reply(200, nullptr);
  co_return exec_message(exec->failure_status, exec->failure);
}

awaitable<Result<Reply>> Execs::resize(std::string id, io::http::Query query) {
  const auto exec = table_.find(id, system_clock().now());
  if (!exec) co_return unknown_exec(id);
  io::Timer pause(tasks_.executor());
  const TimePoint last = pause.now() + kStartWaitMax;
  while (exec->phase != ExecPhase::kEnded && exec->process == 0) {
    if (pause.now() >= last) co_return exec_message(500, "timeout waiting for exec session ready");
    pause.expires_after(kStartAskPause);
    co_await pause.async_wait(asio::use_awaitable);
  }
  const auto running = exec->running.lock();
  if (exec->phase == ExecPhase::kEnded || !running) co_return exec_message(404, "no such exec");
  running->resize({side_of(query.get("h")), side_of(query.get("w"))});
  co_return exec_reply(200, nullptr);
}

awaitable<Result<void>> Execs::kill(std::string id) {
  const auto exec = table_.find(id, system_clock().now());
  if (const auto running = exec ? exec->running.lock() : nullptr) running->kill();
  co_return Result<void>();
}

void Execs::on_container_exit(const std::string& id) {
  table_.forget_unstarted(id);
  for (const auto& exec : table_.running_in(id))
    if (const auto running = exec->running.lock()) running->kill();
}

awaitable<Result<Hijacked>> Execs::hijack(ExecCall call, std::string body) {
  Hijacked out;
  auto start = parse_exec_start(body);
  const auto exec = table_.find(call.subject, system_clock().now());
  Started started;
  if (!start.ok())
    started.refusal = exec_error(start.error());
  else if (!exec)
    started.refusal = unknown_exec(call.subject);
  else
    started = co_await run(exec, *start);
  if (started.refusal) {
    out.head = std::move(*started.refusal);
    co_return std::move(out);
  }
  out.head.status = 101;
  if (!started.exec) {
    out.stream = std::make_unique<FailedExecStream>(exec->failure, start->is_raw);
    co_return std::move(out);
  }
  ExecStreamOptions options;
  options.is_raw = start->is_raw;
  options.has_input = exec->request.attaches_input;
  if (exec->request.has_terminal) options.detach_keys = exec->request.detach_keys;
  options.why_not_started = [exec] { return exec->failure; };
  options.on_detach = [this, exec] { tell(*exec, "exec_detach"); };
  out.stream = std::make_unique<ExecStream>(started.exec, std::move(options));
  co_return std::move(out);
}

void Execs::end(const std::shared_ptr<Exec>& exec, const RunningExec::End& ended) {
  exec->phase = ExecPhase::kEnded;
  exec->ended_at = system_clock().now();
  exec->exit_code = ended.exit_code;
  if (!ended.was_started) {
    const auto failure = exec_failure(ended.log, exec->request.command.front(), exec->container.id);
    exec->exit_code = failure.exit_code;
    exec->failure_status = failure.status;
    exec->failure = failure.message;
  }
  if (ended.was_started) tell(*exec, "exec_die");
}

void Execs::tell(const Exec& exec, const std::string& action) const {
  tell_(exec_event(exec, action, system_clock().wall()));
}

}  // namespace skein::engine
