#include "io/rpc/server_connection.h"

#include "io/loop/loop.h"
#include "io/rpc/http2/request_head.h"
#include "io/rpc/server_call.h"

namespace skein::rpc {
namespace {

ConnectionOptions connection_options(const ServerOptions& options) {
  ConnectionOptions out;
  out.limits.streams_max = options.calls_max;
  out.handshake_timeout = options.handshake_timeout;
  out.keepalive_idle = options.keepalive_idle;
  out.keepalive_timeout = options.keepalive_timeout;
  return out;
}

}  // namespace

ServerConnection::ServerConnection(std::shared_ptr<ServerCore> core, std::unique_ptr<Link> link,
                                   std::unique_ptr<SecurityLayer> security)
    : Connection(Http2Session::Role::kServer, std::move(link), std::move(security), connection_options(core->options)),
      core_(std::move(core)),
      number_(core_->next_number++) {
  core_->connections.emplace(number_, this);
  ++core_->handshakes;
}

ServerConnection::~ServerConnection() {
  core_->connections.erase(number_);
  if (is_shaking_hands_) --core_->handshakes;
}

void ServerConnection::on_ready() {
  is_shaking_hands_ = false;
  --core_->handshakes;
}

void ServerConnection::on_closed(const Error&) {
  auto calls = std::exchange(calls_, {});
  for (auto& [stream, call] : calls) call->cancel();
}

void ServerConnection::refuse_new_calls() {
  if (is_closed() || !has_session()) return close(make_error(Code::kUnavailable, "the server is stopping"));
  session().refuse_new_streams();
  flush();
}

void ServerConnection::stop(const Error& reason) {
  auto calls = calls_;
  for (auto& [stream, call] : calls) call->fail(reason);
  close(reason);
}

std::shared_ptr<ServerCall> ServerConnection::find(int32_t stream) const {
  auto at = calls_.find(stream);
  return at == calls_.end() ? nullptr : at->second;
}

void ServerConnection::on_headers(int32_t stream, HeaderList headers, bool is_last) {
  if (is_closed()) return;
  if (std::shared_ptr<ServerCall> call = find(stream)) {  // trailers, which gRPC clients do not send
    if (is_last) call->end_body();
    return;
  }
  open_call(stream, std::move(headers), is_last);
}

void ServerConnection::open_call(int32_t stream, HeaderList headers, bool is_last) {
  std::variant<RequestHead, Refusal> parsed = parse_request_head(std::move(headers));
  if (auto* refusal = std::get_if<Refusal>(&parsed)) return session().respond_only(stream, refusal_headers(*refusal));
  auto& head = std::get<RequestHead>(parsed);
  auto method = core_->methods.find(head.path);
  if (method == core_->methods.end())
    return session().respond_only(stream, refusal_headers({200, unknown_method(head.path)}));
  // Streams that the peer resets leave their handlers running; a peer must not collect those without end.
  if (live_calls >= size_t{2} * core_->options.calls_max)
    return session().respond_only(
        stream, refusal_headers({200, make_error(Code::kResourceExhausted, "too many calls of this connection run")}));
  std::optional<TimePoint> deadline;
  if (head.timeout) deadline = io::loop_of(core_->executor).now() + *head.timeout;
  auto call = std::make_shared<ServerCall>(std::static_pointer_cast<ServerConnection>(shared_from_this()), stream,
                                           Call(peer(), std::move(head.path), std::move(head.metadata), deadline),
                                           method->second, core_);
  calls_.emplace(stream, call);
  call->start();
  if (is_last) call->end_body();
}

void ServerConnection::on_body(int32_t stream, std::string_view bytes) {
  if (std::shared_ptr<ServerCall> call = find(stream)) call->take_body(bytes);
}

void ServerConnection::on_body_end(int32_t stream) {
  if (std::shared_ptr<ServerCall> call = find(stream)) call->end_body();
}

void ServerConnection::on_sent(int32_t stream) {
  if (std::shared_ptr<ServerCall> call = find(stream)) call->sent();
}

void ServerConnection::on_stream_closed(int32_t stream, uint32_t) {
  std::shared_ptr<ServerCall> call = find(stream);
  if (call == nullptr) return;
  calls_.erase(stream);
  call->cancel();
}

}  // namespace skein::rpc
