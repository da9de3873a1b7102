// The server's ends of streaming calls, as bytes and typed. Abstract, so that services can be tested without a network.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "io/rpc/call.h"

namespace skein::rpc {

// The answering end of a server-streaming call. Dropping the last reference without finish() ends the call with
// kInternal.
class ServerStream {
 public:
  virtual ~ServerStream() = default;
  virtual const Call& call() const = 0;
  virtual bool is_open() const = 0;

  // Queues one message. kUnavailable when the stream is over; kResourceExhausted when
  // ServerOptions::stream_queue_bytes_max is passed, in which case the stream has been ended with that error: the peer
  // reads too slowly, and has to come again for a complete state.
  virtual Result<void> send(std::string message) = 0;
  // Ends the stream after the queued messages. No effect when it is over.
  virtual void finish(Result<void> outcome) = 0;

  // Bytes that the peer has not taken yet. A writer of state should coalesce rather than send while is_congested().
  virtual size_t queued_bytes() const = 0;
  virtual bool is_congested() const = 0;  // queued_bytes() is above ServerOptions::stream_high_water_bytes
  // Runs each time when the queue falls to half of the high-water mark after having been congested.
  virtual void on_drained(std::function<void()> callback) = 0;
  // Runs once when the stream ends for another reason than finish(): peer gone, cancelled, deadline, server stopped.
  // At once if that already happened.
  virtual void on_closed(std::function<void()> callback) = 0;
};

// The receiving end of a client-streaming call.
class RequestReader {
 public:
  virtual ~RequestReader() = default;
  // The next message; nullopt when the client has sent its last one; an error when the call is over. Messages are taken
  // from the peer only as fast as they are read here. One reader at a time.
  virtual boost::asio::awaitable<Result<std::optional<std::string>>> next() = 0;
};

template <class Resp>
class Writer {
 public:
  explicit Writer(std::shared_ptr<ServerStream> stream) : stream_(std::move(stream)) {}
  ServerStream& stream() const { return *stream_; }
  const Call& call() const { return stream_->call(); }
  bool is_open() const { return stream_->is_open(); }
  bool is_congested() const { return stream_->is_congested(); }
  Result<void> send(const Resp& message) { return stream_->send(message.SerializeAsString()); }
  void finish(Result<void> outcome = {}) { stream_->finish(std::move(outcome)); }
  void on_drained(std::function<void()> callback) { stream_->on_drained(std::move(callback)); }
  void on_closed(std::function<void()> callback) { stream_->on_closed(std::move(callback)); }

 private:
  std::shared_ptr<ServerStream> stream_;
};

template <class Req>
class Reader {
 public:
  explicit Reader(std::shared_ptr<RequestReader> reader) : reader_(std::move(reader)) {}
  boost::asio::awaitable<Result<std::optional<Req>>> next() {
    Result<std::optional<std::string>> bytes = co_await reader_->next();
    if (!bytes.ok()) co_return std::move(bytes).error();
    if (!bytes->has_value()) co_return std::optional<Req>();
    std::optional<Req> message(std::in_place);
    if (!message->ParseFromString(**bytes)) co_return make_error(Code::kInternal, "grpc: error unmarshalling request");
    co_return message;
  }

 private:
  std::shared_ptr<RequestReader> reader_;
};

}  // namespace skein::rpc
