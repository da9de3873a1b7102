#include "io/rpc/client.h"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/this_coro.hpp>

#include "io/loop.h"
#include "io/rpc/client_connection.h"
#include "io/timer.h"

namespace skein::rpc {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr size_t kUnverifiedMessageBytesMax = 1 << 20;

Error dial_error(const HostPort& target, const std::string& because) {
  return make_error(Code::kUnavailable, "dial tcp " + target.text(), because);
}

// Closes what is being dialled when its time is up, or the coroutine goes away.
class DialLimit {
 public:
  DialLimit(const boost::asio::any_io_executor& executor, TimePoint deadline, std::function<void()> give_up)
      : timer_(executor, deadline), is_late_(std::make_shared<bool>(false)) {
    timer_.async_wait([is_late = is_late_, give_up = std::move(give_up)](const error_code& error) {
      if (error) return;
      *is_late = true;
      give_up();
    });
  }
  bool is_late() const { return *is_late_; }

 private:
  io::Timer timer_;
  std::shared_ptr<bool> is_late_;
};

using Endpoints = std::vector<tcp::endpoint>;

// An address needs no resolver, whose lookups Asio runs on a thread of its own.
boost::asio::awaitable<Result<Endpoints>> resolve(HostPort target, TimePoint deadline) {
  error_code not_an_address;
  auto address = boost::asio::ip::make_address(target.host, not_an_address);
  if (!not_an_address) co_return Endpoints{tcp::endpoint(address, target.port)};
  auto executor = co_await boost::asio::this_coro::executor;
  auto resolver = std::make_shared<tcp::resolver>(executor);
  DialLimit limit(executor, deadline, [resolver] { resolver->cancel(); });
  auto [error, results] = co_await resolver->async_resolve(target.host, std::to_string(target.port),
                                                           tcp::resolver::numeric_service, kTuple);
  if (limit.is_late()) co_return make_error(Code::kDeadlineExceeded, "lookup " + target.host, "no answer in time");
  if (error) co_return make_error(Code::kUnavailable, "lookup " + target.host, error.message());
  Endpoints endpoints;
  for (const auto& each : results) endpoints.push_back(each.endpoint());
  co_return endpoints;
}

boost::asio::awaitable<Result<std::shared_ptr<tcp::socket>>> dial(HostPort target, TimePoint deadline) {
  Result<Endpoints> endpoints = co_await resolve(target, deadline);
  if (!endpoints.ok()) co_return std::move(endpoints).error();
  auto executor = co_await boost::asio::this_coro::executor;
  auto socket = std::make_shared<tcp::socket>(executor);
  DialLimit limit(executor, deadline, [socket] {
    error_code ignored;
    socket->close(ignored);
  });
  auto [error, endpoint] = co_await boost::asio::async_connect(*socket, *endpoints, kTuple);
  if (limit.is_late()) co_return make_error(Code::kDeadlineExceeded, "dial tcp " + target.text(), "no answer in time");
  if (error) co_return dial_error(target, error.message());
  ::fcntl(socket->native_handle(), F_SETFD, FD_CLOEXEC);
  co_return socket;
}

void drop(const std::shared_ptr<ClientCall>& call) {
  if (call) call->cancel(make_error(Code::kCanceled, "context canceled"));
}

boost::asio::awaitable<Result<std::string>> answer_of(std::unique_ptr<RequestStream> stream) {
  co_return co_await stream->finish();
}

}  // namespace

boost::asio::awaitable<Result<std::shared_ptr<Channel>>> Channel::connect(HostPort target, ClientTls tls,
                                                                          ChannelOptions options) {
  Loop& loop = io::loop_of(co_await boost::asio::this_coro::executor);
  const TimePoint deadline = loop.now() + options.dial_timeout;
  Result<std::shared_ptr<tcp::socket>> socket = co_await dial(target, deadline);
  if (!socket.ok()) co_return std::move(socket).error();
  Result<std::unique_ptr<TlsMachine>> machine = TlsMachine::client(tls);
  if (!machine.ok()) co_return std::move(machine).error();
  if (!tls.is_verified) options.message_bytes_max = std::min(options.message_bytes_max, kUnverifiedMessageBytesMax);
  ChannelOptions rest = options;
  rest.dial_timeout = std::chrono::ceil<std::chrono::milliseconds>(deadline - loop.now());
  auto connection = std::make_shared<ClientConnection>(std::move(**socket), std::move(machine).value(), target, rest);
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
  call->send(request);
  call->end_request();
  return answer_of(std::make_unique<RequestStream>(std::move(call)));
}

std::unique_ptr<ResponseStream> Channel::server_stream_bytes(const std::string& path, const std::string& request,
                                                             const CallOptions& options) {
  std::shared_ptr<ClientCall> call = connection_->open_call(path, options);
  call->send(request);
  call->end_request();
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
