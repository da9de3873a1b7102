#include "engine/process/launch/launcher.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/text/json_text.h"
#include "engine/process/launch/process_record.h"
#include "engine/values/json_fields.h"
#include "io/child/descriptors.h"

namespace skein::engine {

using nlohmann::json;

namespace {

constexpr uint32_t kMessageBytesMax = kRecordBytesMax + 4096;
constexpr time_t kAnswerLimit_s = 60;  // twice the time that launch() takes at most

bool send_all(int socket, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(socket, bytes, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

bool receive_all(int socket, char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t received = ::recv(socket, bytes, size, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    bytes += received;
    size -= static_cast<size_t>(received);
  }
  return true;
}

// A message: its size in 4 bytes, then JSON. Both sides are the same program.
bool send_message(int socket, const std::string& text) {
  const auto size = static_cast<uint32_t>(text.size());
  std::string bytes(reinterpret_cast<const char*>(&size), sizeof size);
  bytes += text;
  return text.size() <= kMessageBytesMax && send_all(socket, bytes.data(), bytes.size());
}

std::string text_of_message(const json& message) { return json_text(message); }

std::optional<json> receive_message(int socket) {
  uint32_t size = 0;
  if (!receive_all(socket, reinterpret_cast<char*>(&size), sizeof size) || size > kMessageBytesMax) return std::nullopt;
  std::string text(size, '\0');
  if (!receive_all(socket, text.data(), size)) return std::nullopt;
  json out = json::parse(text, nullptr, false);
  return out.is_object() ? std::optional(std::move(out)) : std::nullopt;
}

json format_id(const io::ProcessId& id) { return {{"pid", id.pid}, {"start", id.start}}; }
io::ProcessId parse_id(const json& value) { return {value.value("pid", 0), value.value("start", uint64_t{0})}; }

// ---- in the launcher

Result<void> carry_out(int socket, const json& order) {
  SKEIN_TRY_ASSIGN(ProcessSpec spec, parse_process_spec(order.at("spec"), order.value("id", "")));
  return launch(spec, order.value("folder", ""), [socket](const Launched& now) -> Result<void> {
    const json told{{"supervisor", format_id(now.supervisor)}, {"process", format_id(now.process)}};
    const auto go = send_message(socket, text_of_message(told)) ? receive_message(socket) : std::nullopt;
    if (go && go->value("go", false)) return {};
    return make_error(Code::kAborted, "the start was called off");
  });
}

// The descriptors come after the order, in this order.
constexpr size_t kExecDescriptors = 6;

Result<pid_t> carry_out_exec(int socket, const json& order) {
  auto received = io::receive_descriptors(socket).descriptors;
  if (received.size() != kExecDescriptors)
    return make_error(Code::kUnavailable, "the launcher of containers did not get what it is to hand on");
  const ProcessExec exec{text_of(order, "container"), texts_of(order, "command"), texts_of(order, "environment"),
                         text_of(order, "folder"), at(order, "has_terminal") == true};
  return run_in_container(exec,
                          {std::move(received[1]), std::move(received[2]), std::move(received[3]),
                           std::move(received[4]), std::move(received[5])},
                          std::move(received[0]));
}

json format_failure(const Error& error) {
  return {{"code", static_cast<int>(error.code)},
          {"what", error.what},
          {"because", error.because},
          {"next", error.try_next}};
}

void serve_launches(int socket) {
  ::signal(SIGCHLD, SIG_IGN);  // supervisors are nobody's to wait for
  while (auto order = receive_message(socket)) {
    json told;
    if (order->contains("exec")) {
      const auto pid = carry_out_exec(socket, (*order)["exec"]);
      told = pid.ok() ? json{{"done", true}, {"runtime", *pid}} : json{{"error", format_failure(pid.error())}};
    } else {
      const auto done = carry_out(socket, *order);
      told = done.ok() ? json{{"done", true}} : json{{"error", format_failure(done.error())}};
    }
    if (!send_message(socket, text_of_message(told))) break;
  }
}

}  // namespace

// ---- in the daemon

namespace {

Error failure_in(const json& told) {
  const json error = told.value("error", json::object());
  return make_error(static_cast<Code>(error.value("code", static_cast<int>(Code::kInternal))), error.value("what", ""),
                    error.value("because", ""), error.value("next", ""));
}

}  // namespace

Launcher::Launcher() : helper_("skein-launcher", SOCK_STREAM, serve_launches) {}

Launcher::~Launcher() {
  helper_.hang_up();  // at which it ends
  helper_.wait_for_end();
}

Result<void> Launcher::start() {
  SKEIN_TRY(helper_.start());
  const timeval limit{kAnswerLimit_s, 0};
  ::setsockopt(helper_.socket(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return {};
}

bool Launcher::order(const std::string& text) {
  if (helper_.socket() >= 0 && send_message(helper_.socket(), text)) return true;
  return start().ok() && send_message(helper_.socket(), text);
}

Result<json> Launcher::hear() {
  if (auto message = receive_message(helper_.socket())) return std::move(*message);
  helper_.hang_up();  // also when it is late: what it says later is no answer to what it is asked next
  return make_error(Code::kUnavailable, "the launcher of containers has ended or does not answer");
}

Result<void> Launcher::launch(const json& spec, const std::string& id, const std::string& folder,
                              const std::function<Result<void>(const Launched&)>& record) {
  if (!order(text_of_message({{"spec", spec}, {"id", id}, {"folder", folder}})))
    return make_error(Code::kUnavailable, "the launcher of containers cannot be started");
  SKEIN_TRY_ASSIGN(json told, hear());
  if (told.contains("process")) {
    const Launched launched{parse_id(told["supervisor"]), parse_id(told["process"])};
    Result<void> recorded = record(launched);
    const bool is_told = send_message(helper_.socket(), text_of_message({{"go", recorded.ok()}}));
    Result<json> end = is_told ? hear() : Result<json>(make_error(Code::kUnavailable, "the launcher has ended"));
    if (!recorded.ok()) return recorded;
    if (!end.ok()) {
      io::signal_process(launched.supervisor, SIGKILL);  // and with it the command, which may have begun
      return end.error();
    }
    told = std::move(*end);
  }
  if (told.value("done", false)) return {};
  return failure_in(told);
}

Result<pid_t> Launcher::launch_exec(const ProcessExec& exec, const ExecEnds& ends, const Descriptor& container) {
  const json wanted{{"container", exec.container},
                    {"command", exec.command},
                    {"environment", exec.environment},
                    {"folder", exec.working_folder},
                    {"has_terminal", exec.has_terminal}};
  const std::array<int, kExecDescriptors> handed{container.get(),   ends.input.get(),   ends.output.get(),
                                                 ends.errors.get(), ends.started.get(), ends.log.get()};
  if (!order(text_of_message({{"exec", wanted}})) || !io::send_descriptors(helper_.socket(), handed))
    return make_error(Code::kUnavailable, "the launcher of containers cannot be started");
  SKEIN_TRY_ASSIGN(const json told, hear());
  if (const json& runtime = at(told, "runtime"); runtime.is_number_integer()) return runtime.get<pid_t>();
  return failure_in(told);
}

}  // namespace skein::engine
