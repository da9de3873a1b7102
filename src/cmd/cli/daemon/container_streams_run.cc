#include "cmd/cli/daemon/container_streams_run.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <csignal>
#include <nlohmann/json.hpp>

#include "cmd/cli/daemon/frames.h"
#include "cmd/cli/terminal/terminal.h"
#include "io/file/readable.h"
#include "io/http/socket_stream.h"

namespace skein::cli {

namespace http = io::http;
namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr size_t kReadBytes = 32u << 10;

// What the coroutines of one such run share; the last of them frees it, maybe only when the loop goes.
struct Joint {
  Joint(asio::any_io_executor executor, http::Client& client, const StreamsPlan& plan)
      : client(client),
        plan(plan),
        signals(executor),
        keyboard(executor),
        keys(plan.is_terminal ? plan.detach_keys : "") {}

  http::Client& client;
  const StreamsPlan plan;
  std::unique_ptr<http::ByteStream> stream;
  asio::signal_set signals;
  asio::posix::stream_descriptor keyboard;  // a duplicate of stdin
  DetachKeys keys;
  bool is_over = false;

  void end() {
    is_over = true;
    boost::system::error_code ignored;
    signals.cancel(ignored);
    keyboard.close(ignored);
    if (stream) stream->close();
  }
};
using JointPtr = std::shared_ptr<Joint>;

http::ClientRequest post(const std::string& target, const std::string& body = "") {
  http::ClientRequest request;
  request.method = "POST";
  request.target = target;
  request.body = body;
  if (!body.empty()) request.headers.set("Content-Type", "application/json");
  return request;
}

std::string with_parameter(const std::string& target, const std::string& parameter) {
  return target + (target.find('?') == std::string::npos ? "?" : "&") + parameter;
}

const char* signal_name(int number) {
  switch (number) {
    case SIGHUP: return "HUP";
    case SIGINT: return "INT";
    case SIGQUIT: return "QUIT";
    case SIGUSR1: return "USR1";
    case SIGUSR2: return "USR2";
    default: return "TERM";
  }
}

awaitable<void> resize(JointPtr joint) {
  const auto size = terminal_size();
  if (!size || joint->plan.resize_target.empty()) co_return;
  auto request = post(with_parameter(joint->plan.resize_target,
                                     "h=" + std::to_string(size->rows) + "&w=" + std::to_string(size->columns)));
  // A container that has just ended has no size any more.
  auto ignored = co_await joint->client.call(std::move(request));
  (void)ignored;
}

// The terminal's new sizes, and signals for the container.
awaitable<void> pass_signals(JointPtr joint) {
  while (!joint->is_over) {
    auto [ec, number] = co_await joint->signals.async_wait(http::kAwaitTuple);
    if (ec) co_return;
    if (number == SIGWINCH) {
      co_await resize(joint);
      continue;
    }
    auto request = post(with_parameter(joint->plan.kill_target, std::string("signal=") + signal_name(number)));
    auto ignored = co_await joint->client.call(std::move(request));
    (void)ignored;
  }
}

void watch_signals(const JointPtr& joint) {
  boost::system::error_code ignored;
  if (joint->plan.is_terminal && !joint->plan.resize_target.empty()) joint->signals.add(SIGWINCH, ignored);
  if (!joint->plan.kill_target.empty()) {
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2}) joint->signals.add(number, ignored);
  }
}

// stdin until it ends (then the container's stdin ends, too) or the detach keys come. The descriptor is only waited
// for, never made non-blocking, since it may share its open file with stdout and with other programs.
awaitable<void> pass_stdin(JointPtr joint) {
  struct stat about {};
  const bool is_file = fstat(STDIN_FILENO, &about) == 0 && S_ISREG(about.st_mode);
  bool can_wait = !is_file;
  std::vector<char> buffer(kReadBytes);
  while (!joint->is_over) {
    if (can_wait) {
      const bool is_told = co_await io::wait_until_readable(joint->keyboard);
      if (joint->is_over) co_return;
      if (!is_told) can_wait = false;  // /dev/null and its like cannot be waited for, and never block
    }
    const ssize_t count = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count <= 0) break;
    const std::string_view typed(buffer.data(), static_cast<size_t>(count));
    const std::string sent = joint->plan.is_terminal ? joint->keys.filter(typed) : std::string(typed);
    if (!sent.empty() && !(co_await joint->stream->write(sent)).ok()) co_return;
    if (joint->keys.is_complete()) {
      joint->stream->close();  // ends pass_output
      co_return;
    }
  }
  if (!joint->is_over) joint->stream->end_writing();
}

// Until the other side has ended its direction.
awaitable<Result<void>> pass_output(JointPtr joint) {
  FrameReader frames;
  std::vector<char> buffer(kReadBytes);
  while (true) {
    auto count = co_await joint->stream->read_some(buffer);
    if (joint->keys.is_complete()) co_return Result<void>();
    if (!count.ok()) co_return count.error();
    if (*count == 0) co_return Result<void>();
    if (joint->plan.is_terminal) {
      write_all(STDOUT_FILENO, buffer.data(), *count);
      continue;
    }
    const bool is_framed = frames.read({buffer.data(), *count}, [](Stream stream, std::string_view bytes) {
      write_all(stream == Stream::kStdout ? STDOUT_FILENO : STDERR_FILENO, bytes.data(), bytes.size());
    });
    if (!is_framed) co_return make_error(Code::kDataLoss, "Unrecognized input header in the container's stream");
  }
}

// {"StatusCode": n, "Error": {"Message": …}} once the container has ended.
awaitable<Result<StreamsEnd>> read_exit(http::ReplyStream& waiting) {
  SKEIN_CO_TRY_ASSIGN(const std::string body, co_await http::read_all(waiting, 1u << 20));
  const auto answer = nlohmann::json::parse(body, nullptr, false);
  StreamsEnd end;
  if (!answer.is_object() || !answer.contains("StatusCode") || !answer["StatusCode"].is_number_integer()) {
    co_return make_error(Code::kDataLoss, "error waiting for container: unexpected end of the answer");
  }
  end.exit_status = answer["StatusCode"].get<int>();
  if (answer.contains("Error") && answer["Error"].is_object()) end.error = answer["Error"].value("Message", "");
  co_return end;
}

Error broken_start(const http::Reply& reply) { return daemon_error(reply.status, reply.message()); }

awaitable<Result<StreamsEnd>> run_joined(JointPtr joint) {
  const StreamsPlan& plan = joint->plan;
  auto executor = co_await asio::this_coro::executor;
  SKEIN_CO_TRY_ASSIGN(auto hijacked, co_await joint->client.hijack(post(plan.hijack_target, plan.hijack_body)));
  if (!hijacked.stream) co_return broken_start(hijacked.head);
  joint->stream = std::move(hijacked.stream);

  std::unique_ptr<http::ReplyStream> waiting;
  if (!plan.wait_target.empty()) {
    SKEIN_CO_TRY_ASSIGN(waiting, co_await joint->client.open(post(plan.wait_target)));
    if (!waiting->head.is_success()) {
      SKEIN_CO_TRY_ASSIGN(waiting->head.body, co_await http::read_all(*waiting, 1u << 20));
      co_return broken_start(waiting->head);
    }
  }
  watch_signals(joint);
  asio::co_spawn(executor, pass_signals(joint), asio::detached);
  if (!plan.start_target.empty()) {
    SKEIN_CO_TRY_ASSIGN(const auto started, co_await joint->client.call(post(plan.start_target)));
    if (!started.is_success() && started.status != 304) co_return broken_start(started);
  }
  if (plan.is_terminal) co_await resize(joint);

  std::optional<RawMode> raw;
  if (plan.is_terminal && plan.has_stdin) raw.emplace();
  if (plan.has_stdin) {
    boost::system::error_code ignored;  // what cannot be waited for is read at once
    joint->keyboard.assign(dup(STDIN_FILENO), ignored);
    asio::co_spawn(executor, pass_stdin(joint), asio::detached);
  }
  SKEIN_CO_TRY(co_await pass_output(joint));
  StreamsEnd end;
  if (joint->keys.is_complete()) {
    end.is_detached = true;
  } else if (waiting) {
    SKEIN_CO_TRY_ASSIGN(end, co_await read_exit(*waiting));
  }
  co_return end;
}

}  // namespace

awaitable<Result<StreamsEnd>> join_streams(http::Client& client, const StreamsPlan& plan) {
  auto joint = std::make_shared<Joint>(co_await asio::this_coro::executor, client, plan);
  auto end = co_await run_joined(joint);
  joint->end();
  co_return end;
}

}  // namespace skein::cli
