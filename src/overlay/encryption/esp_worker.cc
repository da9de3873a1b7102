#include "overlay/encryption/esp_worker.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>

#include "esp/control/control.h"

namespace skein::overlay {

namespace asio = boost::asio;
using asio::local::stream_protocol;

namespace {

constexpr auto kAwaitTuple = asio::as_tuple(asio::use_awaitable);
// A process that is new is there within some milliseconds.
constexpr auto kStartLimit = std::chrono::seconds(2);
constexpr auto kAnswerLimit = std::chrono::seconds(5);
constexpr auto kEndLimit = std::chrono::seconds(2);
constexpr size_t kReadBytes = 64 * 1024;
const std::string kEspName = "skein-espd";

std::string esp_socket(const std::string& run_directory) { return run_directory + "/esp.sock"; }

io::ChildPlan worker_plan(const std::string& run_directory, const std::string& program) {
  const std::string socket = esp_socket(run_directory);
  return {.name = kEspName,
          .socket_path = socket,
          .program = {{program, "--socket", socket, "--state", run_directory + "/esp.state"},
                      {},
                      "install skein-espd beside skeind"},
          .log_path = run_directory + "/esp.log",
          .start_limit = kStartLimit,
          .end_limit = kEndLimit};
}

}  // namespace

struct EspWorker::Channel {
  explicit Channel(asio::io_context& loop) : socket(loop) {}
  stream_protocol::socket socket;
  esp::MessageReader reader;
};

std::string espd_path() {
  std::error_code failed;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? kEspName : (own.parent_path() / kEspName).string();
}

void end_esp_worker(const std::string& run_directory) {
  io::ask_listener_to_end(esp_socket(run_directory), kEspName, "the kernel encrypts from now on");
}

EspWorker::EspWorker(asio::io_context& loop, const std::string& run_directory, const std::string& program,
                     EncryptorLost on_lost)
    : loop_(loop),
      socket_path_(esp_socket(run_directory)),
      on_lost_(std::move(on_lost)),
      child_(loop.get_executor(), worker_plan(run_directory, program),
             {.answers = [this] { return answers(); },
              .on_lost =
                  [this] {
                    channel_.reset();
                    on_lost_();
                  }}) {}

asio::awaitable<Result<uint64_t>> EspWorker::start() {
  if (!channel_) SKEIN_CO_TRY(co_await child_.bring_up());
  co_return epoch_;
}

asio::awaitable<bool> EspWorker::answers() {
  channel_.reset();
  auto connected = co_await connect();
  if (!connected.ok()) co_return false;
  const auto reply = co_await ask(*connected, esp::status_request());
  const auto status = reply.ok() ? esp::parse_status_reply(*reply) : Result<esp::Status>(reply.error());
  if (!status.ok()) co_return false;
  epoch_ = status->epoch;
  channel_ = std::move(*connected);
  co_return true;
}

asio::awaitable<Result<std::shared_ptr<EspWorker::Channel>>> EspWorker::connect() {
  auto channel = std::make_shared<Channel>(loop_);
  auto [failed] = co_await channel->socket.async_connect(stream_protocol::endpoint(socket_path_), kAwaitTuple);
  if (failed) co_return make_error(Code::kUnavailable, "connect to skein-espd", socket_path_ + ": " + failed.message());
  co_return channel;
}

asio::awaitable<Result<void>> EspWorker::configure(esp::Config config) {
  const auto channel = channel_;
  if (!channel) co_return make_error(Code::kUnavailable, "skein-espd does not run");
  auto reply = co_await ask(channel, esp::config_request(config));
  if (reply.ok()) co_return esp::parse_ok_reply(*reply);
  if (channel_ == channel) channel_.reset();
  co_return reply.error();
}

// On a channel of its own, since others may be asking.
asio::awaitable<Result<esp::Status>> EspWorker::status() {
  SKEIN_CO_TRY_ASSIGN(auto channel, co_await connect());
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
  channel_.reset();
  child_.ask_to_end();
}

}  // namespace skein::overlay
