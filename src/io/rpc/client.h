// gRPC client: one Channel is one connection to a manager, over a Transport. No reconnecting here: who owns the channel
// decides whether to dial again, and where.
//
// One thread; everything runs on the executor of the coroutine that connected. When the connection breaks, all pending
// calls fail with kUnavailable and the reason. Coroutines that wait here may be cancelled (asio cancellation, also by
// `operator||`): the call is then reset and kCanceled returned.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/address.h"
#include "base/result.h"
#include "io/rpc/call.h"
#include "io/rpc/transport.h"

namespace skein::rpc {

struct ChannelOptions {
  std::chrono::milliseconds dial_timeout{5'000};  // TCP, TLS and the server's first HTTP/2 frame together
  // Of one answer; 1 MiB at most when the server is not verified. Memory is taken as bytes arrive, not as announced.
  size_t message_bytes_max = size_t{1} << 30;
  std::string user_agent = "skein/1.0";
  // Silence after which the server is pinged; zero: never. Managers of Docker close a connection that pings them
  // oftener than every 5 minutes, and the swarm's own heartbeat notices dead managers sooner.
  std::chrono::milliseconds keepalive_idle{0};
  std::chrono::milliseconds keepalive_timeout{10'000};
};

struct CallOptions {
  std::chrono::milliseconds timeout{
      0};             // zero: none. Sent as grpc-timeout and enforced here; for streams: of the whole
  Metadata metadata;  // extra request headers; names in lower case
};

class ClientConnection;
class ClientCall;

// The receiving end of a server-streaming call. Dropping it cancels the call.
class ResponseStream {
 public:
  explicit ResponseStream(std::shared_ptr<ClientCall> call);
  ~ResponseStream();
  ResponseStream(const ResponseStream&) = delete;
  ResponseStream& operator=(const ResponseStream&) = delete;

  // The next message; nullopt when the server ended the stream with OK; else its error. The server is slowed down to
  // the speed of this reader. One reader at a time.
  boost::asio::awaitable<Result<std::optional<std::string>>> next();
  // Resets the call; a waiting next() returns kCanceled.
  void cancel();

 private:
  std::shared_ptr<ClientCall> call_;
};

// The sending end of a client-streaming call. Dropping it before finish() cancels the call.
class RequestStream {
 public:
  explicit RequestStream(std::shared_ptr<ClientCall> call);
  ~RequestStream();
  RequestStream(const RequestStream&) = delete;
  RequestStream& operator=(const RequestStream&) = delete;

  // Waits while more than 256 KiB are queued. An error means that the server has ended the call.
  boost::asio::awaitable<Result<void>> send(std::string message);
  // Says that no more follow, and waits for the answer.
  boost::asio::awaitable<Result<std::string>> finish();
  void cancel();

 private:
  std::shared_ptr<ClientCall> call_;
};

template <class Resp>
class Responses {
 public:
  explicit Responses(std::unique_ptr<ResponseStream> stream) : stream_(std::move(stream)) {}
  boost::asio::awaitable<Result<std::optional<Resp>>> next() {
    Result<std::optional<std::string>> bytes = co_await stream_->next();
    if (!bytes.ok()) co_return std::move(bytes).error();
    if (!bytes->has_value()) co_return std::optional<Resp>();
    std::optional<Resp> message(std::in_place);
    if (!message->ParseFromString(**bytes)) co_return make_error(Code::kInternal, "grpc: error unmarshalling response");
    co_return message;
  }
  void cancel() { stream_->cancel(); }

 private:
  std::unique_ptr<ResponseStream> stream_;
};

template <class Req, class Resp>
class Requests {
 public:
  explicit Requests(std::unique_ptr<RequestStream> stream) : stream_(std::move(stream)) {}
  boost::asio::awaitable<Result<void>> send(const Req& message) { return stream_->send(message.SerializeAsString()); }
  boost::asio::awaitable<Result<Resp>> finish() {
    Result<std::string> bytes = co_await stream_->finish();
    if (!bytes.ok()) co_return std::move(bytes).error();
    Resp response;
    if (!response.ParseFromString(*bytes)) co_return make_error(Code::kInternal, "grpc: error unmarshalling response");
    co_return response;
  }
  void cancel() { stream_->cancel(); }

 private:
  std::unique_ptr<RequestStream> stream_;
};

class Channel {
 public:
  // Ready when the server's HTTP/2 preface has come, so a certificate that the server refuses is an error here.
  // kUnauthenticated: certificates, with the x509 reason; kDeadlineExceeded: dial_timeout; kUnavailable: all else.
  static boost::asio::awaitable<Result<std::shared_ptr<Channel>>> connect(Transport& transport, HostPort target,
                                                                          ClientTls tls, ChannelOptions options = {});
  explicit Channel(std::shared_ptr<ClientConnection> connection);
  ~Channel();  // as close()
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // auto r = co_await channel->unary<HeartbeatResponse>("/docker.swarmkit.v1.Dispatcher/Heartbeat", request, {.timeout
  // = 5s}); The request is sent by the call itself, not only when it is awaited; the answer may be awaited after the
  // channel.
  template <class Resp, class Req>
  boost::asio::awaitable<Result<Resp>> unary(const std::string& path, const Req& request,
                                             const CallOptions& options = {}) {
    return parsed<Resp>(unary_bytes(path, request.SerializeAsString(), options));
  }
  template <class Resp, class Req>
  std::unique_ptr<Responses<Resp>> server_stream(const std::string& path, const Req& request,
                                                 const CallOptions& options = {}) {
    return std::make_unique<Responses<Resp>>(server_stream_bytes(path, request.SerializeAsString(), options));
  }
  template <class Req, class Resp>
  std::unique_ptr<Requests<Req, Resp>> client_stream(const std::string& path, const CallOptions& options = {}) {
    return std::make_unique<Requests<Req, Resp>>(client_stream_bytes(path, options));
  }

  boost::asio::awaitable<Result<std::string>> unary_bytes(const std::string& path, const std::string& request,
                                                          const CallOptions& options = {});
  std::unique_ptr<ResponseStream> server_stream_bytes(const std::string& path, const std::string& request,
                                                      const CallOptions& options = {});
  std::unique_ptr<RequestStream> client_stream_bytes(const std::string& path, const CallOptions& options = {});

  bool is_open() const;
  // Runs once, with the reason, when the connection ends for another reason than close(); at once if it already has.
  void on_closed(std::function<void(const Error&)> callback);
  // Fails all pending calls with kUnavailable, says GOAWAY and closes.
  void close();

  const Peer& peer() const;         // the server, with its certificate
  IpAddress local_address() const;  // our end: the address under which this host reaches the manager

 private:
  template <class Resp>
  static boost::asio::awaitable<Result<Resp>> parsed(boost::asio::awaitable<Result<std::string>> answer) {
    Result<std::string> bytes = co_await std::move(answer);
    if (!bytes.ok()) co_return std::move(bytes).error();
    Resp response;
    if (!response.ParseFromString(*bytes)) co_return make_error(Code::kInternal, "grpc: error unmarshalling response");
    co_return response;
  }

  std::shared_ptr<ClientConnection> connection_;
};

}  // namespace skein::rpc
