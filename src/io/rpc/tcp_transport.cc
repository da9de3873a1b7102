#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/time/fault_pause.h"
#include "io/loop/timer.h"
#include "io/rpc/tcp_link.h"
#include "io/rpc/tls/tls_machine.h"
#include "io/rpc/transport.h"

namespace skein::rpc {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

tcp::endpoint to_endpoint(const IpAddress& address, uint16_t port) {
  if (!address.is_v6) return {boost::asio::ip::address_v4(address.v4.value), port};
  return {boost::asio::ip::address_v6(address.v6.octets), port};
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

// Accepts until its Listener goes.
class TcpAcceptor : public std::enable_shared_from_this<TcpAcceptor> {
 public:
  TcpAcceptor(const boost::asio::any_io_executor& executor, Transport::OnLink on_link)
      : socket_(executor), pause_(executor), on_link_(std::move(on_link)) {}

  error_code open(const tcp::endpoint& endpoint) {
    error_code error;
    socket_.open(endpoint.protocol(), error);
    if (!error) socket_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) socket_.bind(endpoint, error);
    if (!error) socket_.listen(boost::asio::socket_base::max_listen_connections, error);
    if (!error) port_ = socket_.local_endpoint(error).port();
    if (!error) close_on_exec(socket_.native_handle());
    return error;
  }
  uint16_t port() const { return port_; }

  void accept() {
    socket_.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
      if (!self->socket_.is_open()) return;
      if (!error) {
        self->on_link_(std::make_unique<TcpLink>(std::move(socket)));
        if (self->socket_.is_open()) self->accept();
        return;
      }
      if (error != boost::asio::error::operation_aborted) self->accept_later(error);
    });
  }

  void close() {
    error_code ignored;
    socket_.close(ignored);
    pause_.cancel();
  }

 private:
  void accept_later(const error_code& error) {
    faults_.note(error.message(), pause_.now());
    pause_.expires_after(FaultPause::kPause);
    pause_.async_wait([self = shared_from_this()](const error_code& cancelled) {
      if (!cancelled && self->socket_.is_open()) self->accept();
    });
  }

  tcp::acceptor socket_;
  io::Timer pause_;
  FaultPause faults_{"rpc-accept-failed"};
  Transport::OnLink on_link_;
  uint16_t port_ = 0;
};

class TcpListener final : public Listener {
 public:
  explicit TcpListener(std::shared_ptr<TcpAcceptor> acceptor) : acceptor_(std::move(acceptor)) {}
  ~TcpListener() override { acceptor_->close(); }
  uint16_t port() const override { return acceptor_->port(); }

 private:
  std::shared_ptr<TcpAcceptor> acceptor_;
};

class TcpTransport final : public Transport {
 public:
  boost::asio::awaitable<Result<std::unique_ptr<Link>>> dial(HostPort target, TimePoint deadline) override {
    SKEIN_CO_TRY_ASSIGN(const Endpoints endpoints, co_await resolve(target, deadline));
    auto executor = co_await boost::asio::this_coro::executor;
    auto socket = std::make_shared<tcp::socket>(executor);
    DialLimit limit(executor, deadline, [socket] {
      error_code ignored;
      socket->close(ignored);
    });
    auto [error, endpoint] = co_await boost::asio::async_connect(*socket, endpoints, kTuple);
    const std::string what = "dial tcp " + target.text();
    if (limit.is_late()) co_return make_error(Code::kDeadlineExceeded, what, "no answer in time");
    if (error) co_return make_error(Code::kUnavailable, what, error.message());
    co_return std::make_unique<TcpLink>(std::move(*socket));
  }

  Result<std::unique_ptr<Listener>> listen(const boost::asio::any_io_executor& executor, const IpAddress& address,
                                           uint16_t port, OnLink on_link) override {
    auto acceptor = std::make_shared<TcpAcceptor>(executor, std::move(on_link));
    if (error_code error = acceptor->open(to_endpoint(address, port)))
      return listen_error({address.text(), port}, error);
    acceptor->accept();
    return std::unique_ptr<Listener>(std::make_unique<TcpListener>(std::move(acceptor)));
  }

  Result<std::unique_ptr<SecurityLayer>> secure_client(const ClientTls& tls) override {
    SKEIN_TRY_ASSIGN(std::unique_ptr<SecurityLayer> out, TlsMachine::client(tls));
    return out;
  }
  Result<std::unique_ptr<SecurityLayer>> secure_server(const TlsConfig& tls) override {
    SKEIN_TRY_ASSIGN(std::unique_ptr<SecurityLayer> out, TlsMachine::server(tls));
    return out;
  }
};

}  // namespace

Error Transport::listen_error(const HostPort& at, const error_code& error) {
  const std::string text = at.text();
  if (error == boost::asio::error::address_in_use)
    return make_error(Code::kFailedPrecondition, "listen on " + text, "the port is already in use",
                      "stop what uses it (see: ss -ltnp), or choose another port with --listen-addr");
  if (error.value() == EADDRNOTAVAIL)
    return make_error(Code::kFailedPrecondition, "listen on " + text, "no interface of this host has the address",
                      "choose an address of this host with --listen-addr");
  if (error == boost::asio::error::access_denied)
    return make_error(Code::kPermissionDenied, "listen on " + text, error.message(),
                      "run as root, or choose a port above 1023");
  return make_error(Code::kUnavailable, "listen on " + text, error.message());
}

Transport& tcp_transport() {
  static TcpTransport transport;
  return transport;
}

}  // namespace skein::rpc
