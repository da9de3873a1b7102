#include "overlay/encryption/esp_worker.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <filesystem>

#include "base/log.h"
#include "engine/spawn.h"
#include "esp/control/control.h"
#include "io/file/readable.h"

namespace skein::overlay {

namespace asio = boost::asio;
using asio::local::stream_protocol;

namespace {

constexpr auto kAwaitTuple = asio::as_tuple(asio::use_awaitable);
constexpr auto kConnectInterval = std::chrono::milliseconds(5);
constexpr int kConnectsMax = 400;
constexpr auto kAnswerLimit = std::chrono::seconds(5);
constexpr auto kEndLimit = std::chrono::seconds(2);
constexpr size_t kReadBytes = 64 * 1024;

Error last_error(const std::string& doing, const std::string& path) {
  return make_error(Code::kUnavailable, doing, path + ": " + strerror(errno));
}

}  // namespace

struct EspWorker::Channel {
  explicit Channel(asio::io_context& loop) : socket(loop) {}
  stream_protocol::socket socket;
  esp::MessageReader reader;
};

struct EspWorker::Life {
  explicit Life(asio::io_context& loop) : channel(std::make_shared<Channel>(loop)), process(loop) {}
  std::shared_ptr<Channel> channel;
  asio::posix::stream_descriptor process;  // pidfd
  EspWorker* owner = nullptr;              // whose life_ this is
  pid_t child = 0;                         // if it is ours, to be waited for
};

std::string espd_path() {
  std::error_code failed;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? "skein-espd" : (own.parent_path() / "skein-espd").string();
}

void end_esp_worker(const std::string& run_directory) {
  const std::string path = run_directory + "/esp.sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return;
  strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
    log_info("encryptor-ended", {{"pid", std::to_string(peer.pid)}, {"why", "the kernel encrypts from now on"}});
    ::kill(peer.pid, SIGTERM);
  }
  ::close(socket);
}

EspWorker::EspWorker(asio::io_context& loop, std::string run_directory, std::string program, EncryptorLost on_lost)
    : loop_(loop),
      run_directory_(std::move(run_directory)),
      program_(std::move(program)),
      on_lost_(std::move(on_lost)) {}

EspWorker::~EspWorker() { end_life(); }

void EspWorker::end_life() {
  if (!life_) return;
  boost::system::error_code ignored;
  life_->channel->socket.close(ignored);
  life_->owner = nullptr;
  life_.reset();
}

asio::awaitable<Result<uint64_t>> EspWorker::start() {
  if (life_) co_return epoch_;
  co_await wait_for_end();
  auto connected = co_await connect();
  if (!connected.ok()) {
    SKEIN_CO_TRY(spawn());
    io::Timer pause(loop_);
    for (int i = 0; !connected.ok() && i < kConnectsMax; ++i) {
      if (::waitpid(child_, nullptr, WNOHANG) == child_) {
        child_ = 0;
        co_return make_error(Code::kUnavailable, "skein-espd has ended", "", "see " + run_directory_ + "/esp.log");
      }
      pause.expires_after(kConnectInterval);
      co_await pause.async_wait(kAwaitTuple);
      connected = co_await connect();
    }
    if (connected.ok()) log_info("encryptor-started", {{"pid", std::to_string(child_)}});
  }
  SKEIN_CO_TRY(connected);
  auto reply = co_await ask(life_->channel, esp::status_request());
  auto status = reply.ok() ? esp::parse_status_reply(*reply) : Result<esp::Status>(reply.error());
  if (!status.ok()) {
    end_life();
    co_return status.error();
  }
  epoch_ = status->epoch;
  co_return epoch_;
}

// Who was stopped a moment ago still listens, and has the state file.
asio::awaitable<void> EspWorker::wait_for_end() {
  using namespace asio::experimental::awaitable_operators;
  const auto ending = std::exchange(ending_, nullptr);
  if (!ending || io::is_readable(ending->process.native_handle())) co_return;
  io::Timer limit(loop_, kEndLimit);
  co_await (io::wait_until_readable(ending->process) || limit.async_wait(kAwaitTuple));
}

asio::awaitable<Result<void>> EspWorker::connect() {
  const std::string path = run_directory_ + "/esp.sock";
  auto life = std::make_shared<Life>(loop_);
  auto [failed] = co_await life->channel->socket.async_connect(stream_protocol::endpoint(path), kAwaitTuple);
  if (failed) co_return make_error(Code::kUnavailable, "connect to skein-espd", path + ": " + failed.message());
  end_life();
  life_ = std::move(life);
  auto followed = follow_process();
  if (!followed.ok()) end_life();
  co_return followed;
}

// The socket tells who listens; that one's end is ours to hear of.
Result<void> EspWorker::follow_process() {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(life_->channel->socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return last_error("find skein-espd", "its socket");
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0));
  if (fd < 0) return last_error("watch skein-espd", "pid " + std::to_string(peer.pid));
  life_->process.assign(fd);
  life_->owner = this;
  if (peer.pid == child_) life_->child = child_;
  auto watch = [](std::shared_ptr<Life> life) -> asio::awaitable<void> {
    if (!co_await io::wait_until_readable(life->process)) co_return;
    if (life->child != 0) ::waitpid(life->child, nullptr, WNOHANG);
    EspWorker* owner = life->owner;
    if (!owner) co_return;  // stopped, or left
    log_warning("encryptor-died", {{"then", "started again"}});
    owner->end_life();
    owner->on_lost_();
  };
  asio::co_spawn(loop_, watch(life_), asio::detached);
  return {};
}

Result<void> EspWorker::spawn() {
  const std::string log = run_directory_ + "/esp.log";
  std::vector<std::string> words{program_, "--socket", run_directory_ + "/esp.sock", "--state",
                                 run_directory_ + "/esp.state"};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  auto pid = engine::spawn_apart(std::move(words), {}, files, "install skein-espd beside skeind");
  posix_spawn_file_actions_destroy(&files);
  if (!pid.ok()) return pid.error();
  child_ = *pid;
  return {};
}

asio::awaitable<Result<void>> EspWorker::configure(esp::Config config) {
  if (!life_) co_return make_error(Code::kUnavailable, "skein-espd does not run");
  const auto life = life_;
  auto reply = co_await ask(life->channel, esp::config_request(config));
  if (reply.ok()) co_return esp::parse_ok_reply(*reply);
  if (life_ == life) end_life();
  co_return reply.error();
}

// On a channel of its own, since others may be asking.
asio::awaitable<Result<esp::Status>> EspWorker::status() {
  const std::string path = run_directory_ + "/esp.sock";
  auto channel = std::make_shared<Channel>(loop_);
  auto [failed] = co_await channel->socket.async_connect(stream_protocol::endpoint(path), kAwaitTuple);
  if (failed) co_return make_error(Code::kUnavailable, "connect to skein-espd", path + ": " + failed.message());
  SKEIN_CO_TRY_ASSIGN(std::string reply, co_await ask(channel, esp::status_request()));
  co_return esp::parse_status_reply(reply);
}

asio::awaitable<Result<std::string>> EspWorker::ask(std::shared_ptr<Channel> channel, std::string request) {
  using namespace asio::experimental::awaitable_operators;
  const std::string bytes = esp::encode_message(request);
  io::Timer limit(loop_, kAnswerLimit);
  auto exchange = [](std::shared_ptr<Channel> channel,
                     const std::string& bytes) -> asio::awaitable<Result<std::string>> {
    auto [failed, written] = co_await asio::async_write(channel->socket, asio::buffer(bytes), kAwaitTuple);
    std::vector<char> read(kReadBytes);
    while (!failed) {
      SKEIN_CO_TRY_ASSIGN(auto message, channel->reader.next());
      if (message) co_return std::move(*message);
      size_t got = 0;
      std::tie(failed, got) = co_await channel->socket.async_read_some(asio::buffer(read), kAwaitTuple);
      channel->reader.add({read.data(), got});
    }
    co_return make_error(Code::kUnavailable, "ask skein-espd", failed.message());
  };
  auto came = co_await (exchange(channel, bytes) || limit.async_wait(kAwaitTuple));
  if (came.index() == 0) co_return std::get<0>(std::move(came));
  co_return make_error(Code::kUnavailable, "skein-espd does not answer");
}

void EspWorker::stop() {
  if (!life_) return;
  ::syscall(SYS_pidfd_send_signal, life_->process.native_handle(), SIGTERM, nullptr, 0);
  ending_ = life_;
  end_life();
}

}  // namespace skein::overlay
