// ProcessEngine: execs, by a process that enters the container's namespaces (exec_runtime.h).
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "engine/exec/request/exec_spec.h"
#include "engine/process/process_engine.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using boost::asio::awaitable;
using nlohmann::json;

namespace {

Result<ProcessExec> process_exec(const ExecRequest& request, const ExecContainer& container, const json& spec) {
  ProcessExec out{container.id, request.command, exec_environment(container, request, "/root"), request.working_folder,
                  request.has_terminal};
  if (out.working_folder.empty()) out.working_folder = text_of(spec, "WorkingDir");
  if (out.working_folder.empty()) out.working_folder = "/";
  if (!out.working_folder.starts_with('/'))
    return make_error(Code::kUnknown, "OCI runtime exec failed: exec failed: Cwd must be an absolute path: unknown");
  return out;
}

// Of the host, which containers see as theirs. Its other side is what the command has.
Result<void> open_terminal(const std::optional<ConsoleSize>& size, SpawnedExec& ours, ExecEnds& theirs) {
  ours.terminal = Descriptor(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (ours.terminal && ::unlockpt(ours.terminal.get()) == 0)
    theirs.input = Descriptor(::ioctl(ours.terminal.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (ours.terminal && theirs.input) {
    theirs.output = Descriptor(::fcntl(theirs.input.get(), F_DUPFD_CLOEXEC, 0));
    theirs.errors = Descriptor(::fcntl(theirs.input.get(), F_DUPFD_CLOEXEC, 0));
  }
  if (!theirs.input || !theirs.output || !theirs.errors)
    return make_error(Code::kUnavailable, "open a terminal", std::strerror(errno));
  if (!size) return {};
  winsize wanted{};
  wanted.ws_row = size->rows;
  wanted.ws_col = size->columns;
  ::ioctl(ours.terminal.get(), TIOCSWINSZ, &wanted);
  return {};
}

}  // namespace

awaitable<Result<ExecContainer>> ProcessEngine::find_for_exec(std::string name) {
  SKEIN_CO_TRY_ASSIGN(const json shown, co_await inspect(std::move(name)));
  co_return exec_container(shown);
}

Result<SpawnedExec> ProcessEngine::spawn_exec(const Exec& exec, const ExecContainer& container, bool is_detached) {
  SKEIN_TRY_ASSIGN(const Held held, find(container.id));
  const ProcessRecord& record = held->record;
  const Descriptor process = record.is_running() ? io::open_process(record.run->process) : Descriptor();
  if (!process) return make_error(Code::kAlreadyExists, "Container " + record.id + " is not running");
  SKEIN_TRY_ASSIGN(const ProcessExec wanted, process_exec(exec.request, container, record.spec));
  SpawnedExec ours;
  ExecEnds theirs;
  SKEIN_TRY(connect_exec(wants_of(exec.request, is_detached), ours, theirs));
  if (exec.request.has_terminal) SKEIN_TRY(open_terminal(exec.request.console, ours, theirs));
  SKEIN_TRY_ASSIGN(ours.runtime, launcher_.launch_exec(wanted, theirs, process));
  ours.death = io::open_pidfd(ours.runtime);
  if (ours.death) return ours;
  const Error error = make_error(Code::kUnavailable, "watch what runs in a container", std::strerror(errno));
  ::kill(ours.runtime, SIGKILL);
  ::waitpid(ours.runtime, nullptr, 0);
  return error;
}

awaitable<Result<std::string>> ProcessEngine::create_exec(std::string container, ExecRequest request) {
  if (!is_root(request.user)) co_return not_of_processes("the user " + request.user);
  auto created = co_await execs_.create(std::move(container), std::move(request));
  co_return created;
}

awaitable<Result<std::unique_ptr<io::http::ByteStream>>> ProcessEngine::start_exec(std::string id, ExecStart start) {
  return execs_.start(std::move(id), start);
}

awaitable<Result<void>> ProcessEngine::resize_exec(std::string id, ConsoleSize size) {
  return execs_.resize(std::move(id), size);
}

awaitable<Result<json>> ProcessEngine::inspect_exec(std::string id) { co_return execs_.show(id); }

awaitable<Result<void>> ProcessEngine::kill_exec(std::string id) {
  execs_.kill(id);
  co_return Result<void>();
}

}  // namespace skein::engine
