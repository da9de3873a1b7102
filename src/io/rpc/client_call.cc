#include <cstdlib>

#include "io/loop/loop.h"
#include "io/rpc/client_connection.h"
#include "io/rpc/http2/framing.h"

namespace skein::rpc {
namespace {

constexpr size_t kUnsentBytes = 256 << 10;  // beyond, send_slowly() waits

const std::string* find_header(const HeaderList& headers, std::string_view name) {
  for (const auto& [each, value] : headers)
    if (each == name) return &value;
  return nullptr;
}

Result<void> status_of(const HeaderList& headers) {
  Code code = parse_status(*find_header(headers, "grpc-status"));
  if (code == Code::kOk) return {};
  const std::string* message = find_header(headers, "grpc-message");
  return make_error(code, message != nullptr ? percent_decode(*message) : "");
}

TimePoint deadline_after(const boost::asio::any_io_executor& executor, Duration timeout) {
  return timeout == Duration::zero() ? TimePoint::never() : io::loop_of(executor).now() + timeout;
}

}  // namespace

ClientCall::ClientCall(const boost::asio::any_io_executor& executor, std::weak_ptr<ClientConnection> connection,
                       int32_t stream, size_t message_bytes_max, std::chrono::milliseconds timeout)
    : connection_(std::move(connection)),
      stream_(stream),
      deadline_(deadline_after(executor, timeout)),
      changed_(executor),
      deframer_(message_bytes_max) {}

void ClientCall::take_headers(const HeaderList& headers, bool is_last) {
  bool has_status = find_header(headers, "grpc-status") != nullptr;
  if (!has_headers_ && !has_status) return take_response_headers(headers, is_last);
  has_headers_ = true;
  if (!is_last) return;
  if (!has_status) return end_body();
  Result<void> outcome = status_of(headers);
  if (outcome.ok() && !deframer_.is_at_boundary())
    outcome = make_error(Code::kInternal, "grpc: the answer ends inside a message");
  end(std::move(outcome));
}

void ClientCall::take_response_headers(const HeaderList& headers, bool is_last) {
  has_headers_ = true;
  const std::string* http_status = find_header(headers, ":status");
  const std::string* type = find_header(headers, "content-type");
  if (http_status == nullptr || *http_status != "200") {
    int number = http_status != nullptr ? std::atoi(http_status->c_str()) : 0;
    return cancel(make_error(code_of_http_status(number), "grpc: unexpected HTTP status " + std::to_string(number)));
  }
  if (type == nullptr || !is_grpc_content_type(*type))
    return cancel(make_error(Code::kUnknown, "grpc: the server does not speak gRPC"));
  if (is_last) end_body();
}

void ClientCall::take_body(std::string_view bytes) {
  if (outcome_) return;
  size_t known_messages = messages_.size();
  if (Result<void> fed = deframer_.feed(bytes, messages_); !fed.ok()) return cancel(fed.error());
  for (size_t i = known_messages; i < messages_.size(); ++i) unread_bytes_ += messages_[i].size() + kFrameHeaderBytes;
  if (unread_bytes_ > kUnreadMessagesBytes) {
    withheld_bytes_ += bytes.size();
  } else {
    auto connection = connection_.lock();
    if (Http2Session* session = wire(connection)) session->consume(stream_, bytes.size());
  }
  changed_.notify();
}

void ClientCall::end_body() { cancel(make_error(Code::kInternal, "grpc: the server ended the call without a status")); }

void ClientCall::stream_closed(uint32_t error) {
  end(make_error(code_of_reset(error), "grpc: the server reset the call", "HTTP/2 error " + std::to_string(error)));
}

void ClientCall::end(Result<void> outcome) {
  if (outcome_) return;
  outcome_ = std::move(outcome);
  changed_.notify();
}

void ClientCall::cancel(const Error& reason) {
  if (outcome_) return;
  end(reason);
  messages_.clear();
  auto connection = connection_.lock();
  Http2Session* session = wire(connection);
  if (session == nullptr) return;
  session->reset(stream_, ResetCode::kCancel);
  connection->forget(stream_);
  connection->send();
}

Http2Session* ClientCall::wire(const std::shared_ptr<ClientConnection>& connection) const {
  return connection ? connection->wire() : nullptr;
}

boost::asio::awaitable<void> ClientCall::wait_for_change() {
  Signal::Wake wake = co_await changed_.wait(deadline_);
  if (wake == Signal::Wake::kCancelled) cancel(make_error(Code::kCanceled, "context canceled"));
  if (wake == Signal::Wake::kTimeout) cancel(make_error(Code::kDeadlineExceeded, "context deadline exceeded"));
}

boost::asio::awaitable<Result<std::optional<std::string>>> ClientCall::next(std::shared_ptr<ClientCall> self) {
  while (self->messages_.empty() && !self->outcome_) co_await self->wait_for_change();
  if (self->messages_.empty()) {
    if (!self->outcome_->ok()) co_return self->outcome_->error();
    co_return std::optional<std::string>();
  }
  std::optional<std::string> message = std::move(self->messages_.front());
  self->messages_.pop_front();
  self->unread_bytes_ -= message->size() + kFrameHeaderBytes;
  auto connection = self->connection_.lock();
  Http2Session* session = self->wire(connection);
  if (session != nullptr && self->withheld_bytes_ > 0 && self->unread_bytes_ <= kUnreadMessagesBytes) {
    session->consume(self->stream_, std::exchange(self->withheld_bytes_, 0));
    connection->send();
  }
  co_return message;
}

boost::asio::awaitable<Result<std::string>> ClientCall::only_answer(std::shared_ptr<ClientCall> self) {
  while (!self->outcome_ && self->messages_.size() < 2) co_await self->wait_for_change();
  if (self->messages_.size() > 1) {
    Error error = make_error(Code::kInternal, "grpc: more than one answer");
    self->cancel(error);
    co_return error;
  }
  if (!self->outcome_->ok()) co_return self->outcome_->error();
  if (self->messages_.empty()) co_return make_error(Code::kInternal, "grpc: the server sent no answer");
  co_return std::move(self->messages_.front());
}

boost::asio::awaitable<Result<void>> ClientCall::send_slowly(std::shared_ptr<ClientCall> self, std::string message) {
  while (!self->outcome_) {
    auto connection = self->connection_.lock();
    Http2Session* session = self->wire(connection);
    if (session == nullptr || session->queued_bytes(self->stream_) <= kUnsentBytes) break;
    connection.reset();
    co_await self->wait_for_change();
  }
  if (!self->outcome_) self->send(message);
  if (!self->outcome_) co_return Result<void>();
  if (!self->outcome_->ok()) co_return self->outcome_->error();
  co_return make_error(Code::kUnavailable, "grpc: the server has answered already");
}

void ClientCall::put(const std::string& message, bool is_last) {
  if (message.size() > kMessageBytesMax)
    return cancel(make_error(Code::kResourceExhausted, "grpc: the request is larger than 2 GiB"));
  auto connection = connection_.lock();
  Http2Session* session = wire(connection);
  if (session == nullptr) return;
  session->send_body(stream_, frame_message(message));
  if (is_last) session->end_body(stream_);
  connection->send();
}

void ClientCall::end_request() {
  auto connection = connection_.lock();
  Http2Session* session = wire(connection);
  if (session == nullptr) return;
  session->end_body(stream_);
  connection->send();
}

}  // namespace skein::rpc
