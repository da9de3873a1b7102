#include "engine/podman/service.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/log.h"
#include "base/open_files.h"
#include "base/time/clock.h"
#include "engine/spawn.h"
#include "io/file/readable.h"
#include "io/http/http_client.h"

extern char** environ;

namespace skein::engine {

namespace asio = boost::asio;

namespace {

constexpr auto kAwaitTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kPollInterval{20};
constexpr int kPollsMax =
    1500;  // 30 s: after a reboot with many containers the service refreshes all before it answers
constexpr std::chrono::milliseconds kRestartDelayMin{200};
constexpr std::chrono::milliseconds kRestartDelayMax{10'000};

Error last_error(std::string what) { return make_error(Code::kUnavailable, std::move(what), std::strerror(errno)); }

// Who listens on the socket; -1 when nobody does.
pid_t listener_of(const std::string& path) {
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ucred peer{};
  socklen_t size = sizeof peer;
  bool is_known = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                  ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  ::close(fd);
  return is_known ? peer.pid : -1;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

PodmanService::PodmanService(asio::io_context& loop, io::TaskScope& tasks, PodmanOptions options)
    : loop_(loop), tasks_(tasks), options_(std::move(options)), pidfd_(loop), timer_(loop) {}

Result<bool> PodmanService::write_config() {
  std::error_code ec;
  for (const auto& folder : {options_.config_folder, options_.run_folder, options_.state_folder}) {
    std::filesystem::create_directories(folder, ec);
    if (ec) return make_error(Code::kUnavailable, "create " + folder, ec.message());
  }
  bool is_changed = false;
  for (const auto& [name, content] : podman_config_files(options_)) {
    std::string path = options_.config_folder + "/" + name;
    if (read_file(path) == content) continue;
    is_changed = true;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << content;
    file.close();
    if (!file) return make_error(Code::kUnavailable, "write " + path);
  }
  return is_changed;
}

asio::awaitable<Result<void>> PodmanService::start() {
  auto up = co_await bring_up();
  if (!up.ok()) co_return up;
  tasks_.spawn("engine-service", watch());
  co_return Result<void>();
}

asio::awaitable<bool> PodmanService::answers() {
  io::http::Client client(loop_.get_executor(), options_.socket_path);
  io::http::ClientRequest request;
  request.target = "/_ping";
  request.timeout = std::chrono::seconds(5);
  auto reply = co_await client.call(request);
  co_return reply.ok() && reply->status == 200;
}

asio::awaitable<Result<void>> PodmanService::bring_up() {
  auto changed = write_config();
  if (!changed.ok()) co_return changed.error();
  pid_t living = listener_of(options_.socket_path);
  bool is_adopted = false;
  if (living > 0 && !*changed) is_adopted = co_await answers();
  if (living > 0 && !is_adopted) {
    log_info("engine_replace", {{"pid", std::to_string(living)}});
    ::kill(living, SIGKILL);
  }
  Result<void> opened;
  if (is_adopted) {
    pid_ = living;
    log_info("engine_adopted", {{"pid", std::to_string(living)}});
  } else {
    auto spawned = spawn();
    if (!spawned.ok()) co_return spawned;
  }
  opened = open_pidfd(pid_);
  if (!opened.ok()) co_return opened;
  for (int polls = 0; !is_adopted; ++polls) {
    bool is_ready = listener_of(options_.socket_path) == pid_;
    if (is_ready) is_ready = co_await answers();
    if (is_ready) break;
    if (polls == kPollsMax || ::waitpid(pid_, nullptr, WNOHANG) == pid_)
      co_return make_error(Code::kUnavailable, "the container engine does not come up", "",
                           "see " + options_.config_folder + "/podman.log");
    timer_.expires_after(kPollInterval);
    co_await timer_.async_wait(kAwaitTuple);
  }
  is_up_ = true;
  log_info("engine_up", {{"pid", std::to_string(pid_)}});
  if (on_up_) on_up_();
  co_return Result<void>();
}

Result<void> PodmanService::spawn() {
  ::unlink(options_.socket_path.c_str());
  std::vector<std::string> variables;
  for (const auto& [name, value] : podman_environment(options_)) variables.emplace_back(name).append("=").append(value);
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (std::strncmp(*variable, "CONTAINERS_", 11) != 0) variables.emplace_back(*variable);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  std::string log = options_.config_folder + "/podman.log";
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  // Containers must not inherit our sockets.
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  auto pid = spawn_apart(podman_command(options_), std::move(variables), files, "install podman");
  posix_spawn_file_actions_destroy(&files);
  if (!pid.ok()) return pid.error();
  pid_ = *pid;
  return {};
}

Result<void> PodmanService::open_pidfd(pid_t pid) {
  boost::system::error_code ignored;
  pidfd_.close(ignored);
  int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return last_error("watch the container engine");
  pidfd_.assign(fd);
  return {};
}

asio::awaitable<void> PodmanService::watch() {
  auto delay = kRestartDelayMin;
  while (true) {
    const TimePoint started = timer_.now();
    const bool has_ended = co_await io::wait_until_readable(pidfd_);
    if (!has_ended) co_return;  // closing
    is_up_ = false;
    ::waitpid(pid_, nullptr, WNOHANG);
    log_warning("engine_died", {{"pid", std::to_string(pid_)}});
    if (timer_.now() - started > std::chrono::minutes(1)) delay = kRestartDelayMin;
    while (true) {
      timer_.expires_after(delay);
      delay = std::min(delay * 2, kRestartDelayMax);
      co_await timer_.async_wait(kAwaitTuple);
      auto up = co_await bring_up();
      if (up.ok()) break;
      log_warning("engine_start_failed", {{"because", up.error().text()}});
    }
  }
}

}  // namespace skein::engine
