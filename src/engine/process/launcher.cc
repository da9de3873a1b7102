#include "engine/process/launcher.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "engine/process/process_record.h"

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

std::string text_of_message(const json& message) {
  return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<json> receive_message(int socket) {
  uint32_t size = 0;
  if (!receive_all(socket, reinterpret_cast<char*>(&size), sizeof size) || size > kMessageBytesMax) return std::nullopt;
  std::string text(size, '\0');
  if (!receive_all(socket, text.data(), size)) return std::nullopt;
  json out = json::parse(text, nullptr, false);
  return out.is_object() ? std::optional(std::move(out)) : std::nullopt;
}

json format_id(const ProcessId& id) { return {{"pid", id.pid}, {"start", id.start}}; }
ProcessId parse_id(const json& value) { return {value.value("pid", 0), value.value("start", uint64_t{0})}; }

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

[[noreturn]] void become_launcher(int socket) {
  ::setsid();
  ::prctl(PR_SET_NAME, "skein-launcher");
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  ::signal(SIGCHLD, SIG_IGN);  // supervisors are nobody's to wait for
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  (void)!::chdir("/");
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd : {0, 1, 2}) ::dup2(null, fd);
  constexpr int kSocketFd = 3;
  if (socket != kSocketFd) ::dup2(socket, kSocketFd);
  ::fcntl(kSocketFd, F_SETFD, FD_CLOEXEC);
  ::close_range(kSocketFd + 1, ~0U, 0);
  while (auto order = receive_message(kSocketFd)) {
    const auto done = carry_out(kSocketFd, *order);
    json told{{"done", done.ok()}};
    if (!done.ok())
      told["error"] = {{"code", static_cast<int>(done.error().code)},
                       {"what", done.error().what},
                       {"because", done.error().because},
                       {"next", done.error().try_next}};
    if (!send_message(kSocketFd, text_of_message(told))) break;
  }
  ::_exit(0);
}

}  // namespace

// ---- in the daemon

Launcher::~Launcher() {
  socket_.reset();  // at which it ends
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
}

Result<void> Launcher::start() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return make_error(Code::kUnavailable, "make a socket for the launcher of containers", std::strerror(errno));
  Descriptor own(ends[0]);
  const Descriptor other(ends[1]);
  const timeval limit{kAnswerLimit_s, 0};
  ::setsockopt(own.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const pid_t pid = ::fork();
  if (pid < 0) return make_error(Code::kUnavailable, "start the launcher of containers", std::strerror(errno));
  if (pid == 0) become_launcher(other.get());
  socket_ = std::move(own);
  if (pid_ > 0) ::waitpid(pid_, nullptr, WNOHANG);
  pid_ = pid;
  return {};
}

bool Launcher::order(const std::string& text) {
  if (socket_ && send_message(socket_.get(), text)) return true;
  return start().ok() && send_message(socket_.get(), text);
}

Result<json> Launcher::hear() {
  if (auto message = receive_message(socket_.get())) return std::move(*message);
  socket_.reset();  // also when it is late: what it says later is no answer to what it is asked next
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
    const bool is_told = send_message(socket_.get(), text_of_message({{"go", recorded.ok()}}));
    Result<json> end = is_told ? hear() : Result<json>(make_error(Code::kUnavailable, "the launcher has ended"));
    if (!recorded.ok()) return recorded;
    if (!end.ok()) {
      signal_process(launched.supervisor, SIGKILL);  // and with it the command, which may have begun
      return end.error();
    }
    told = std::move(*end);
  }
  if (told.value("done", false)) return {};
  const json error = told.value("error", json::object());
  return make_error(static_cast<Code>(error.value("code", static_cast<int>(Code::kInternal))), error.value("what", ""),
                    error.value("because", ""), error.value("next", ""));
}

}  // namespace skein::engine
