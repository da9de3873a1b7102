#include "io/rpc/client.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "io/loop/loop.h"
#include "io/loop/timer.h"
#include "io/rpc/client_connection.h"

namespace skein::rpc {
namespace {

constexpr size_t kUnverifiedMessageBytesMax = 1 << 20;

void drop(const std::shared_ptr<ClientCall>& call) {
  if (call) call->cancel(make_error(Code::kCanceled, "context canceled"));
}

boost::asio::awaitable<Result<std::string>> answer_of(std::unique_ptr<RequestStream> stream) {
  co_return co_await stream->finish();
}

}  // namespace

boost::asio::awaitable<Result<std::shared_ptr<Channel>>> Channel::connect(Transport& transport, HostPort target,
                                                                          ClientTls tls, ChannelOptions options) {
  Loop& loop = io::loop_of(co_await boost::asio::this_coro::executor);
  const TimePoint deadline = loop.now() + options.dial_timeout;
  SKEIN_CO_TRY_ASSIGN(std::unique_ptr<Link> link, co_await transport.dial(target, deadline));
  SKEIN_CO_TRY_ASSIGN(std::unique_ptr<SecurityLayer> security, transport.secure_client(tls));
  if (!tls.is_verified) options.message_bytes_max = std::min(options.message_bytes_max, kUnverifiedMessageBytesMax);
  ChannelOptions rest = options;
  rest.dial_timeout = std::chrono::ceil<std::chrono::milliseconds>(deadline - loop.now());
  auto connection = std::make_shared<ClientConnection>(std::move(link), std::move(security), target, rest);
  connection->start();
  auto channel = std::make_shared<Channel>(connection);  // closes the connection when we do not get to the end
  Result<void> ready = co_await connection->ready();
  if (!ready.ok()) co_return with_context(ready.error(), "connect to " + target.text());
  co_return channel;
}

Channel::Channel(std::shared_ptr<ClientConnection> connection) : connection_(std::move(connection)) {}
Channel::~Channel() { close(); }

boost::asio::awaitable<Result<std::string>> Channel::unary_bytes(const std::string& path, const std::string& request,
                                                                 const CallOptions& options) {
  std::shared_ptr<ClientCall> call = connection_->open_call(path, options);
  call->send_only(request);
  return answer_of(std::make_unique<RequestStream>(std::move(call)));
}

std::unique_ptr<ResponseStream> Channel::server_stream_bytes(const std::string& path, const std::string& request,
                                                             const CallOptions& options) {
  std::shared_ptr<ClientCall> call = connection_->open_call(path, options);
  call->send_only(request);
  return std::make_unique<ResponseStream>(std::move(call));
}

std::unique_ptr<RequestStream> Channel::client_stream_bytes(const std::string& path, const CallOptions& options) {
  return std::make_unique<RequestStream>(connection_->open_call(path, options));
}

bool Channel::is_open() const { return connection_->is_usable(); }
void Channel::on_closed(std::function<void(const Error&)> callback) { connection_->on_end(std::move(callback)); }
void Channel::close() { connection_->leave(); }
const Peer& Channel::peer() const { return connection_->peer(); }
IpAddress Channel::local_address() const { return connection_->local_address(); }

ResponseStream::ResponseStream(std::shared_ptr<ClientCall> call) : call_(std::move(call)) {}
ResponseStream::~ResponseStream() { cancel(); }
boost::asio::awaitable<Result<std::optional<std::string>>> ResponseStream::next() { return ClientCall::next(call_); }
void ResponseStream::cancel() { drop(call_); }

RequestStream::RequestStream(std::shared_ptr<ClientCall> call) : call_(std::move(call)) {}
RequestStream::~RequestStream() { cancel(); }
boost::asio::awaitable<Result<void>> RequestStream::send(std::string message) {
  return ClientCall::send_slowly(call_, std::move(message));
}
boost::asio::awaitable<Result<std::string>> RequestStream::finish() {
  call_->end_request();
  return ClientCall::only_answer(call_);
}
void RequestStream::cancel() { drop(call_); }

}  // namespace skein::rpc
