#include "io/rpc/client_connection.h"

namespace skein::rpc {
namespace {

constexpr uint32_t kStreamsMax = 0;  // that the server may open: none

ConnectionOptions connection_options(const ChannelOptions& options) {
  ConnectionOptions out;
  out.limits.streams_max = kStreamsMax;
  out.handshake_timeout = options.dial_timeout;
  out.keepalive_idle = options.keepalive_idle;
  out.keepalive_timeout = options.keepalive_timeout;
  return out;
}

Error lost(const Error& reason) { return make_error(Code::kUnavailable, "connection error", reason.text()); }

}  // namespace

ClientConnection::ClientConnection(std::unique_ptr<Link> link, std::unique_ptr<SecurityLayer> security, HostPort target,
                                   const ChannelOptions& options)
    : Connection(Http2Session::Role::kClient, std::move(link), std::move(security), connection_options(options)),
      target_(std::move(target)),
      options_(options),
      changed_(executor()) {}

boost::asio::awaitable<Result<void>> ClientConnection::ready() {
  auto self = std::static_pointer_cast<ClientConnection>(shared_from_this());
  while (!is_ready_ && !end_reason_)
    if (co_await changed_.wait() == Signal::Wake::kCancelled) close(make_error(Code::kCanceled, "context canceled"));
  if (end_reason_) co_return *end_reason_;
  co_return Result<void>();
}

std::shared_ptr<ClientCall> ClientConnection::open_call(const std::string& path, const CallOptions& options) {
  int32_t stream = 0;
  Result<void> outcome;
  if (end_reason_) {
    outcome = lost(*end_reason_);
  } else if (!is_usable()) {
    outcome = make_error(Code::kUnavailable, "connection error", "the server is going away");
  } else {
    HeaderList headers{{":method", "POST"},
                       {":scheme", "https"},
                       {":path", path},
                       {":authority", target_.text()},
                       {"content-type", "application/grpc"},
                       {"user-agent", options_.user_agent},
                       {"te", "trailers"}};
    if (options.timeout.count() > 0) headers.emplace_back("grpc-timeout", format_timeout(options.timeout));
    headers.insert(headers.end(), options.metadata.begin(), options.metadata.end());
    Result<int32_t> opened = session().request(headers);
    if (opened.ok())
      stream = *opened;
    else
      outcome = std::move(opened).error();
  }
  auto self = std::static_pointer_cast<ClientConnection>(shared_from_this());
  auto call = std::make_shared<ClientCall>(executor(), self, stream, options_.message_bytes_max, options.timeout);
  if (!outcome.ok())
    call->end(std::move(outcome));
  else
    calls_.emplace(stream, call);
  return call;
}

void ClientConnection::on_end(std::function<void(const Error&)> callback) {
  if (end_reason_) return callback(*end_reason_);
  on_end_ = std::move(callback);
}

void ClientConnection::leave() {
  on_end_ = nullptr;
  close(make_error(Code::kUnavailable, "the channel was closed"));
}

void ClientConnection::on_ready() {
  is_ready_ = true;
  changed_.notify();
}

void ClientConnection::on_closed(const Error& reason) {
  end_reason_ = reason;
  changed_.notify();
  auto calls = std::exchange(calls_, {});
  for (auto& [stream, call] : calls) call->end(lost(reason));
  if (auto callback = std::exchange(on_end_, nullptr)) callback(reason);
}

std::shared_ptr<ClientCall> ClientConnection::find(int32_t stream) const {
  auto at = calls_.find(stream);
  return at == calls_.end() ? nullptr : at->second;
}

void ClientConnection::on_headers(int32_t stream, HeaderList headers, bool is_last) {
  if (std::shared_ptr<ClientCall> call = find(stream)) call->take_headers(headers, is_last);
}

void ClientConnection::on_body(int32_t stream, std::string_view bytes) {
  if (std::shared_ptr<ClientCall> call = find(stream)) call->take_body(bytes);
}

void ClientConnection::on_body_end(int32_t stream) {
  if (std::shared_ptr<ClientCall> call = find(stream)) call->end_body();
}

void ClientConnection::on_sent(int32_t stream) {
  if (std::shared_ptr<ClientCall> call = find(stream)) call->sent();
}

void ClientConnection::on_stream_closed(int32_t stream, uint32_t error) {
  std::shared_ptr<ClientCall> call = find(stream);
  if (call == nullptr) return;
  calls_.erase(stream);
  call->stream_closed(error);
}

void ClientConnection::on_goaway(int32_t, uint32_t, std::string_view) { is_going_away_ = true; }

}  // namespace skein::rpc
