#include "cmd/cli/daemon/daemon.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "base/text/json_text.h"
#include "cmd/cli/daemon/container_streams_run.h"
#include "io/http/head.h"
#include "io/http/http_client.h"

namespace skein::cli {

namespace http = io::http;
namespace asio = boost::asio;

namespace {

Code code_of(int status) {
  switch (status) {
    case 400: return Code::kInvalidArgument;
    case 401: return Code::kUnauthenticated;
    case 403: return Code::kPermissionDenied;
    case 404: return Code::kNotFound;
    case 409: return Code::kAlreadyExists;
    case 501: return Code::kUnimplemented;
    case 503: return Code::kFailedPrecondition;
    default: return Code::kUnknown;
  }
}

std::string socket_path_of(const std::string& host) { return host.starts_with("unix://") ? host.substr(7) : host; }

std::string target_of(const std::string& path, const Parameters& parameters) {
  std::string target = path;
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    target += separator + http::percent_encode(name) + "=" + http::percent_encode(value);
    separator = '&';
  }
  return target;
}

// A ByteReader as a request's body.
class ReaderSource final : public http::BodySource {
 public:
  explicit ReaderSource(const ByteReader& reader) : reader_(reader) {}
  asio::awaitable<Result<std::string>> read_some() override { co_return reader_(); }

 private:
  const ByteReader& reader_;
};

asio::awaitable<Result<std::string>> transfer_all(http::Client& client, http::ClientRequest request,
                                                  const ByteWriter& write) {
  SKEIN_CO_TRY_ASSIGN(const auto stream, co_await client.open(std::move(request)));
  if (!stream->head.is_success()) {
    SKEIN_CO_TRY_ASSIGN(stream->head.body, co_await http::read_all(*stream, 1u << 20));
    co_return daemon_error(stream->head.status, stream->head.message());
  }
  while (true) {
    SKEIN_CO_TRY_ASSIGN(const std::string piece, co_await stream->read_some());
    if (piece.empty() || !write(piece)) break;
  }
  co_return std::string(stream->head.headers.get("Content-Type"));
}

}  // namespace

Error daemon_error(int status, const std::string& message) {
  std::string text = message.substr(0, message.find_last_not_of(" \t\r\n") + 1);
  if (text.empty()) {
    text = "API returned a " + std::to_string(status) + " (" + std::string(http::reason_of(status)) +
           ") but provided no error-message";
  }
  return make_error(code_of(status), "Error response from daemon: " + text);
}

struct Daemon::Impl {
  explicit Impl(const std::string& host) : client(loop.get_executor(), socket_path_of(host)) {}

  // Runs one coroutine to its end, and nothing else.
  template <class T>
  Result<T> run(asio::awaitable<Result<T>> task) {
    std::optional<Result<T>> result;
    loop.restart();
    asio::co_spawn(loop, finish(std::move(task), result), [this](std::exception_ptr) { loop.stop(); });
    loop.run();
    if (!result) return make_error(Code::kInternal, "the request was broken off");
    return std::move(*result);
  }

  template <class T>
  static asio::awaitable<void> finish(asio::awaitable<Result<T>> task, std::optional<Result<T>>& result) {
    result.emplace(co_await std::move(task));
  }

  asio::io_context loop{1};
  http::Client client;
};

Daemon::Daemon(std::string host) : host_(std::move(host)), impl_(std::make_unique<Impl>(host_)) {}
Daemon::~Daemon() = default;

Error explain(Error error, const std::string& host) {
  if (error.code != Code::kUnavailable) return error;
  return make_error(Code::kUnavailable, "Cannot connect to the Skein daemon at " + host + ". Is skeind running?");
}

Result<Json> Daemon::call(const std::string& method, const std::string& path, const Parameters& parameters,
                          const Json& body, const std::string& registry_auth) {
  http::ClientRequest request;
  request.method = method;
  request.target = target_of(path, parameters);
  if (!body.is_null()) {
    request.body = json_text(body);
    request.headers.set("Content-Type", "application/json");
  }
  if (!registry_auth.empty()) request.headers.set("X-Registry-Auth", registry_auth);
  auto reply = impl_->run(impl_->client.call(std::move(request)));
  if (!reply.ok()) return explain(reply.error(), host_);
  if (!reply->is_success() && reply->status != 304) return daemon_error(reply->status, reply->message());
  Json value = Json::parse(reply->body, nullptr, false);
  return value.is_discarded() ? Json(nullptr) : value;
}

Result<Json> Daemon::get(const std::string& path, const Parameters& parameters, const std::string& registry_auth) {
  return call("GET", path, parameters, nullptr, registry_auth);
}
Result<Json> Daemon::post(const std::string& path, const Parameters& parameters, const Json& body,
                          const std::string& registry_auth) {
  return call("POST", path, parameters, body, registry_auth);
}
Result<Json> Daemon::remove(const std::string& path, const Parameters& parameters) {
  return call("DELETE", path, parameters, nullptr);
}

Result<std::string> Daemon::head(const std::string& path, const Parameters& parameters, const std::string& field) {
  http::ClientRequest request;
  request.method = "HEAD";
  request.target = target_of(path, parameters);
  auto reply = impl_->run(impl_->client.call(std::move(request)));
  if (!reply.ok()) return explain(reply.error(), host_);
  if (!reply->is_success()) return daemon_error(reply->status, "");
  return std::string(reply->headers.get(field));
}

Result<std::string> Daemon::transfer(const Transfer& transfer, const ByteWriter& write) {
  http::ClientRequest request;
  request.method = transfer.method;
  request.target = target_of(transfer.path, transfer.parameters);
  if (!transfer.header.first.empty()) request.headers.set(transfer.header.first, transfer.header.second);
  ReaderSource source(transfer.source);
  if (transfer.source) {
    request.source = &source;
    request.headers.set("Content-Type", "application/x-tar");
  }
  auto result = impl_->run(transfer_all(impl_->client, std::move(request), write));
  if (!result.ok()) return explain(result.error(), host_);
  return result;
}

Result<StreamsEnd> Daemon::run_streams(const StreamsPlan& plan) {
  auto result = impl_->run(join_streams(impl_->client, plan));
  if (!result.ok()) return explain(result.error(), host_);
  return result;
}

}  // namespace skein::cli
