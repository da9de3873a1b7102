// gRPC server over a Transport: the manager's remote API (TCP 2377).
//
// Methods are registered by full path ("/docker.swarmkit.v1.CA/GetRootCACertificate") before listen(). Client
// certificates are verified if given; who may call what is the handler's business (Call::peer()). Peers that offer no
// ALPN are served: Docker 20.10 workers stop offering it after their first certificate renewal. One thread: everything,
// handlers included, runs on the executor. Errors of handlers go to the client as grpc-status and grpc-message
// (Error::text()).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/address.h"
#include "base/result.h"
#include "io/rpc/call.h"
#include "io/rpc/streams.h"
#include "io/rpc/transport.h"

namespace skein::rpc {

struct ServerOptions {
  size_t message_bytes_max = 4u << 20;  // a larger request is kResourceExhausted, as Docker's managers answer
  size_t connection_buffer_bytes_max = 16u << 20;  // requests not yet complete, over all calls of a connection
  size_t server_buffer_bytes_max = 128u << 20;     // the same over all connections
  size_t stream_queue_bytes_max = 64u << 20;       // answers that a peer did not take yet, per call
  size_t stream_high_water_bytes = 256u << 10;     // see ServerStream::is_congested
  size_t connections_max = 20'000;                 // more are closed at once
  size_t handshakes_max = 512;                     // connections that have not finished TLS; more are closed at once
  uint32_t calls_max = 256;                        // concurrent calls per connection; the peer queues the rest
  std::chrono::milliseconds handshake_timeout{10'000};  // TCP accept to the first HTTP/2 frame
  std::chrono::milliseconds keepalive_idle{20'000};     // silence after which a PING is sent
  std::chrono::milliseconds keepalive_timeout{10'000};  // further silence after which the peer is taken for dead; a
                                                        // write that makes no progress for both together, too
};

using UnaryHandler = std::function<boost::asio::awaitable<Result<std::string>>(const Call&, std::string request)>;
using ServerStreamHandler = std::function<void(std::string request, std::shared_ptr<ServerStream>)>;
using ClientStreamHandler =
    std::function<boost::asio::awaitable<Result<std::string>>(const Call&, std::shared_ptr<RequestReader>)>;

class ServerCore;

class Server {
 public:
  // `tls` needs a certificate by the time of listen(). `transport` must outlive all connections.
  Server(const boost::asio::any_io_executor& executor, Transport& transport, std::shared_ptr<TlsConfig> tls,
         ServerOptions options = {});
  // As stop(). Handlers that still run keep running; what they return is dropped. So close() before destroying what
  // handlers refer to.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Starts to accept; returns the port (chosen by the kernel if `port` is 0). May be called for several addresses.
  Result<uint16_t> listen(const IpAddress& address, uint16_t port);

  // handler: awaitable<Result<Resp>>(const Call&, const Req&). Both references live until the handler is done.
  template <class Req, class Resp, class Handler>
  void unary(const std::string& path, Handler handler);
  // handler: void(const Req&, std::shared_ptr<Writer<Resp>>)
  template <class Req, class Resp, class Handler>
  void server_stream(const std::string& path, Handler handler);
  // handler: awaitable<Result<Resp>>(const Call&, std::shared_ptr<Reader<Req>>)
  template <class Req, class Resp, class Handler>
  void client_stream(const std::string& path, Handler handler);

  // The same without protobuf.
  void unary_bytes(const std::string& path, UnaryHandler handler);
  void server_stream_bytes(const std::string& path, ServerStreamHandler handler);
  void client_stream_bytes(const std::string& path, ClientStreamHandler handler);

  // Closes the connections of the peers that `is_unwanted` names: of a node that was removed, say.
  void disconnect(const std::function<bool(const Peer&)>& is_unwanted);

  // Stops accepting, says GOAWAY, waits until the running calls are answered, at most `grace`, then as stop().
  boost::asio::awaitable<void> shutdown(std::chrono::milliseconds grace);
  // Stops accepting, ends all calls with kUnavailable, says GOAWAY, closes.
  void stop();
  // As stop(); ends the handlers by Asio's terminal cancellation, and returns when the last one has ended. Not from
  // within a handler.
  boost::asio::awaitable<void> close();

  size_t connections() const;  // open, handshakes included
  size_t running_calls() const;

 private:
  std::shared_ptr<ServerCore> core_;
};

template <class Req, class Resp, class Handler>
void Server::unary(const std::string& path, Handler handler) {
  unary_bytes(path,
              [handler = std::move(handler)](const Call& call,
                                             std::string bytes) -> boost::asio::awaitable<Result<std::string>> {
                Req request;
                if (!request.ParseFromString(bytes))
                  co_return make_error(Code::kInternal, "grpc: error unmarshalling request");
                Result<Resp> response = co_await handler(call, request);
                if (!response.ok()) co_return std::move(response).error();
                co_return response->SerializeAsString();
              });
}

template <class Req, class Resp, class Handler>
void Server::server_stream(const std::string& path, Handler handler) {
  server_stream_bytes(path, [handler = std::move(handler)](std::string bytes, std::shared_ptr<ServerStream> stream) {
    Req request;
    if (!request.ParseFromString(bytes))
      return stream->finish(make_error(Code::kInternal, "grpc: error unmarshalling request"));
    handler(request, std::make_shared<Writer<Resp>>(std::move(stream)));
  });
}

template <class Req, class Resp, class Handler>
void Server::client_stream(const std::string& path, Handler handler) {
  client_stream_bytes(
      path,
      [handler = std::move(handler)](
          const Call& call, std::shared_ptr<RequestReader> bytes) -> boost::asio::awaitable<Result<std::string>> {
        auto reader = std::make_shared<Reader<Req>>(std::move(bytes));
        Result<Resp> response = co_await handler(call, reader);
        if (!response.ok()) co_return std::move(response).error();
        co_return response->SerializeAsString();
      });
}

}  // namespace skein::rpc
