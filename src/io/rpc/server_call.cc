#include "io/rpc/server_call.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "base/log.h"
#include "io/rpc/http2/framing.h"
#include "io/rpc/http2/request_head.h"
#include "io/rpc/server_connection.h"

namespace skein::rpc {
namespace {

// The handler's handle; letting go of it ends the call.
class StreamEnd final : public ServerStream {
 public:
  explicit StreamEnd(std::shared_ptr<ServerCall> call) : call_(std::move(call)) {}
  ~StreamEnd() override { call_->finish(make_error(Code::kInternal, "the server dropped the stream")); }
  const Call& call() const override { return call_->call(); }
  bool is_open() const override { return call_->is_open(); }
  Result<void> send(std::string message) override { return call_->send(std::move(message)); }
  void finish(Result<void> outcome) override { call_->finish(std::move(outcome)); }
  size_t queued_bytes() const override { return call_->queued_bytes(); }
  bool is_congested() const override { return call_->is_congested(); }
  void on_drained(std::function<void()> callback) override { call_->on_drained(std::move(callback)); }
  void on_closed(std::function<void()> callback) override { call_->on_closed(std::move(callback)); }

 private:
  std::shared_ptr<ServerCall> call_;
};

class ReaderEnd final : public RequestReader {
 public:
  explicit ReaderEnd(std::shared_ptr<ServerCall> call) : call_(std::move(call)) {}
  boost::asio::awaitable<Result<std::optional<std::string>>> next() override { return call_->next_message(); }

 private:
  std::shared_ptr<ServerCall> call_;
};

bool is_cancellation(const std::exception& thrown) {
  const auto* error = dynamic_cast<const boost::system::system_error*>(&thrown);
  return error != nullptr && error->code() == boost::asio::error::operation_aborted;
}

Error over() { return make_error(Code::kUnavailable, "the call is over"); }

}  // namespace

ServerCall::ServerCall(std::shared_ptr<ServerConnection> connection, int32_t stream, Call call,
                       std::shared_ptr<const Method> method, std::shared_ptr<ServerCore> core)
    : core_(std::move(core)),
      connection_(connection),
      stream_(stream),
      call_(std::move(call)),
      method_(std::move(method)),
      deframer_(core_->options.message_bytes_max),
      message_came_(core_->executor) {
  ++core_->calls;
  ++connection->live_calls;
}

ServerCall::~ServerCall() {
  release(held_bytes_);
  --core_->calls;
  if (auto connection = connection_.lock()) --connection->live_calls;
  core_->call_ended.notify();
}

void ServerCall::start() {
  if (call_.deadline()) {
    deadline_.emplace(core_->executor, *call_.deadline());
    deadline_->async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      auto self = weak.lock();
      if (!error && self) self->fail(make_error(Code::kDeadlineExceeded, "context deadline exceeded"));
    });
  }
  if (method_->client_stream) spawn(run_client_stream());
}

// In the frame of the handler's coroutine, so that it tells when that is gone.
class ServerCall::Running {
 public:
  explicit Running(ServerCall& call) : core_(call.core_), number_(core_->next_number++) {
    core_->handlers.emplace(number_, &call);
  }
  ~Running() {
    core_->handlers.erase(number_);
    core_->call_ended.notify();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  std::shared_ptr<ServerCore> core_;
  uint64_t number_;
};

void ServerCall::spawn(boost::asio::awaitable<void> handler) {
  boost::asio::co_spawn(core_->executor, std::move(handler),
                        boost::asio::bind_cancellation_slot(handler_end_.slot(),
                                                            [self = shared_from_this()](const std::exception_ptr&) {}));
}

void ServerCall::take_body(std::string_view bytes) {
  if (is_over_) return;
  if (!hold(bytes.size())) return fail(make_error(Code::kResourceExhausted, "too many bytes of requests are waiting"));
  if (Result<void> fed = deframer_.feed(bytes, messages_); !fed.ok()) return fail(fed.error());
  if (!method_->client_stream && messages_.size() > 1)
    return fail(make_error(Code::kInternal, "grpc: more than one request message"));
  auto connection = connection_.lock();
  Http2Session* wire = connection ? connection->wire() : nullptr;
  if (wire == nullptr) return;
  bool is_full = held_bytes_ - deframer_.partial_bytes() > kUnreadMessagesBytes;
  if (method_->client_stream && is_full)
    withheld_bytes_ += bytes.size();
  else
    wire->consume(stream_, bytes.size());
  if (!messages_.empty()) message_came_.notify();
}

void ServerCall::end_body() {
  if (is_over_ || is_request_done_) return;
  is_request_done_ = true;
  message_came_.notify();
  if (!deframer_.is_at_boundary()) return fail(make_error(Code::kInternal, "grpc: the request ends inside a message"));
  if (method_->client_stream) return;
  if (messages_.empty()) return fail(make_error(Code::kInternal, "grpc: no request message"));
  run_handler();
}

void ServerCall::run_handler() {
  std::string request = std::move(messages_.front());
  messages_.clear();
  release(held_bytes_);
  if (method_->server_stream)
    method_->server_stream(std::move(request), std::make_shared<StreamEnd>(shared_from_this()));
  else
    spawn(run_unary(std::move(request)));
}

boost::asio::awaitable<void> ServerCall::run_unary(std::string request) {
  std::shared_ptr<ServerCall> self = shared_from_this();
  const Running running(*this);
  try {
    Result<std::string> response = co_await method_->unary(call_, std::move(request));
    answer(std::move(response));
  } catch (const std::exception& error) {
    if (is_over_ && is_cancellation(error)) co_return;  // Server::close() has ended it
    log_error("rpc-handler-threw", {{"method", call_.path()}, {"why", error.what()}});
    finish(make_error(Code::kInternal, "internal error"));
  }
}

boost::asio::awaitable<void> ServerCall::run_client_stream() {
  std::shared_ptr<ServerCall> self = shared_from_this();
  const Running running(*this);
  try {
    auto reader = std::make_shared<ReaderEnd>(self);
    Result<std::string> response = co_await method_->client_stream(call_, reader);
    answer(std::move(response));
  } catch (const std::exception& error) {
    if (is_over_ && is_cancellation(error)) co_return;  // Server::close() has ended it
    log_error("rpc-handler-threw", {{"method", call_.path()}, {"why", error.what()}});
    finish(make_error(Code::kInternal, "internal error"));
  }
}

void ServerCall::answer(Result<std::string> response) {
  if (!response.ok()) return finish(std::move(response).error());
  if (Result<void> sent = send(std::move(response).value()); sent.ok()) finish({});
}

void ServerCall::open_response() {
  if (has_response_) return;
  has_response_ = true;
  if (auto connection = connection_.lock(); connection && connection->wire() != nullptr)
    connection->wire()->respond(stream_, response_headers());
}

Result<void> ServerCall::send(std::string message) {
  auto connection = connection_.lock();
  Http2Session* wire = connection ? connection->wire() : nullptr;
  if (is_over_ || wire == nullptr) return over();
  if (message.size() > kMessageBytesMax) {
    Error error = make_error(Code::kResourceExhausted, "grpc: the answer is larger than 2 GiB");
    fail(error);
    return error;
  }
  if (method_->server_stream && queued_bytes() + message.size() > core_->options.stream_queue_bytes_max) {
    Error error = make_error(Code::kResourceExhausted, "the peer reads this stream too slowly");
    fail(error);
    return error;
  }
  open_response();
  wire->send_body(stream_, frame_message(message));
  is_congested_ = queued_bytes() > core_->options.stream_high_water_bytes;
  connection->send();
  return {};
}

size_t ServerCall::queued_bytes() const {
  auto connection = connection_.lock();
  return connection && connection->wire() != nullptr ? connection->wire()->queued_bytes(stream_) : 0;
}

void ServerCall::sent() {
  if (is_over_ || !is_congested_ || queued_bytes() > core_->options.stream_high_water_bytes / 2) return;
  is_congested_ = false;
  if (auto callback = on_drained_) callback();
}

void ServerCall::finish(Result<void> outcome) {
  if (is_over_) return;
  // What the user's callbacks hold may include the handle of this call: they go when all is done.
  auto self = shared_from_this();
  auto closed = std::exchange(on_closed_, nullptr);
  auto drained = std::exchange(on_drained_, nullptr);
  end();
  say_outcome(outcome);
  call_.finish();
}

void ServerCall::fail(const Error& error) {
  if (is_over_) return;
  say_outcome(error);
  cancel();
}

void ServerCall::cancel() {
  if (is_over_) return;
  auto self = shared_from_this();
  auto closed = std::exchange(on_closed_, nullptr);
  auto drained = std::exchange(on_drained_, nullptr);
  end();
  call_.cancel();
  if (closed) closed();
}

void ServerCall::end() {
  is_over_ = true;
  deadline_.reset();
  messages_.clear();
  release(held_bytes_);
  message_came_.notify();
}

void ServerCall::say_outcome(const Result<void>& outcome) {
  auto connection = connection_.lock();
  Http2Session* wire = connection ? connection->wire() : nullptr;
  if (wire == nullptr) return;
  if (!has_response_ && !outcome.ok()) {
    has_response_ = true;
    wire->respond_only(stream_, refusal_headers({200, outcome.error()}));
  } else {
    open_response();
    wire->end_body(stream_, trailers(outcome));
  }
  connection->send();
}

void ServerCall::on_closed(std::function<void()> callback) {
  if (call_.is_cancelled()) return callback();
  if (!is_over_) on_closed_ = std::move(callback);
}

boost::asio::awaitable<Result<std::optional<std::string>>> ServerCall::next_message() {
  std::shared_ptr<ServerCall> self = shared_from_this();
  while (!is_over_ && messages_.empty() && !is_request_done_)
    if (co_await message_came_.wait() == Signal::Wake::kCancelled) co_return make_error(Code::kCanceled, "canceled");
  if (is_over_) co_return make_error(Code::kCanceled, "the call is over");
  if (messages_.empty()) co_return std::optional<std::string>();
  std::optional<std::string> message = std::move(messages_.front());
  messages_.pop_front();
  release(message->size() + kFrameHeaderBytes);
  auto connection = connection_.lock();
  if (connection && connection->wire() != nullptr && held_bytes_ <= kUnreadMessagesBytes && withheld_bytes_ > 0) {
    connection->wire()->consume(stream_, std::exchange(withheld_bytes_, 0));
    connection->send();
  }
  co_return message;
}

bool ServerCall::hold(size_t bytes) {
  held_bytes_ += bytes;
  core_->buffered_bytes += bytes;
  auto connection = connection_.lock();
  if (connection) connection->buffered_bytes += bytes;
  return core_->buffered_bytes <= core_->options.server_buffer_bytes_max &&
         (!connection || connection->buffered_bytes <= core_->options.connection_buffer_bytes_max);
}

void ServerCall::release(size_t bytes) {
  held_bytes_ -= bytes;
  core_->buffered_bytes -= bytes;
  if (auto connection = connection_.lock()) connection->buffered_bytes -= bytes;
}

}  // namespace skein::rpc
