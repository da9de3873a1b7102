#include "cmd/lab/host/daemons.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "cmd/lab/host/control.h"
#include "cmd/lab/host/programs.h"
#include "cmd/lab/host/state.h"
#include "io/http/http_client.h"

namespace skein::lab {
namespace {

constexpr int kAnswerMs = 60'000;  // an emulated machine checks the programs for seconds
constexpr int kLoadMs = 120'000;
constexpr size_t kLogTailBytes = 2'000;

using MaybeReply = std::optional<Result<io::http::Reply>>;

boost::asio::awaitable<void> call(io::http::Client& client, io::http::ClientRequest request, MaybeReply& reply) {
  reply = co_await client.call(std::move(request));
}

// The socket as seen through the init's root, so that the caller need not enter the host.
Result<io::http::Reply> call_daemon(const std::string& lab, const std::string& host, io::http::ClientRequest request) {
  SKEIN_TRY_ASSIGN(const pid_t init, find_init(lab, host));
  boost::asio::io_context context(1);
  io::http::Client client(context.get_executor(), "/proc/" + std::to_string(init) + "/root" + kDaemonSocket);
  MaybeReply reply;
  boost::asio::co_spawn(context, call(client, std::move(request), reply), boost::asio::detached);
  context.run();
  return std::move(*reply);
}

std::string log_tail(const std::string& lab, const std::string& host) {
  const auto path = state_folder(lab, host) / "skeind.log";
  const auto text = read_file(path);
  if (!text.ok() || text->empty()) return "its log " + path.string() + " is empty";
  const size_t from = text->size() > kLogTailBytes ? text->size() - kLogTailBytes : 0;
  return "the end of its log " + path.string() + " is:\n" + text->substr(from);
}

}  // namespace

Result<void> check_daemon_program() {
  const std::string program = daemon_program();
  if (access(program.c_str(), X_OK) == 0) return {};
  return make_error(Code::kFailedPrecondition, "there is no daemon " + program, {}, "build it: ./dev build");
}

Result<void> start_daemon(const std::string& lab, const std::string& host) {
  if (auto started = ask_control(lab, host, "start"); !started.ok())
    return with_context(std::move(started).error(), "start " + host);
  return {};
}

Result<void> await_daemon(const std::string& lab, const std::string& host) {
  bool is_stopped = false;
  const bool has_answered = wait_until(kAnswerMs, [&] {
    io::http::ClientRequest request;
    request.target = "/_ping";
    request.timeout = std::chrono::milliseconds(1'000);
    const auto reply = call_daemon(lab, host, std::move(request));
    if (reply.ok() && reply->is_success()) return true;
    const auto status = ask_control(lab, host, "status");
    return is_stopped = !status.ok() || *status != "running";
  });
  if (has_answered && !is_stopped) return {};
  return make_error(Code::kUnavailable, "the daemon of " + host + (is_stopped ? " has ended" : " does not answer"),
                    log_tail(lab, host));
}

Result<void> kill_daemon(const std::string& lab, const std::string& host) {
  if (auto killed = ask_control(lab, host, "kill"); !killed.ok())
    return with_context(std::move(killed).error(), "kill " + host);
  return {};
}

Result<void> load_image(const std::string& lab, const std::string& host, const std::string& image) {
  io::http::ClientRequest request;
  request.method = "POST";
  request.target = "/images/load?quiet=1";
  request.headers.set("Content-Type", "application/x-tar");
  request.body = image;
  request.timeout = std::chrono::milliseconds(kLoadMs);
  SKEIN_TRY_ASSIGN(const auto reply, call_daemon(lab, host, std::move(request)));
  // The answer is a stream of progress; a failure after its head was sent is told inside it.
  if (reply.is_success() && reply.body.find("\"errorDetail\"") == std::string::npos) return {};
  return make_error(Code::kUnavailable, "the daemon of " + host + " does not take the image", reply.message());
}

}  // namespace skein::lab
