#include "io/rpc/server.h"

#include <fcntl.h>

#include <algorithm>

#include "base/clock.h"
#include "base/fault_pause.h"
#include "base/log.h"
#include "io/loop.h"
#include "io/rpc/server_connection.h"
#include "io/rpc/server_core.h"
#include "io/timer.h"

namespace skein::rpc {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

tcp::endpoint to_endpoint(const IpAddress& address, uint16_t port) {
  if (!address.is_v6) return {boost::asio::ip::address_v4(address.v4.value), port};
  return {boost::asio::ip::address_v6(address.v6.octets), port};
}

Error listen_error(const tcp::endpoint& endpoint, const error_code& error) {
  std::string text = HostPort{endpoint.address().to_string(), endpoint.port()}.text();
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

}  // namespace

struct ServerCore::Acceptor {
  explicit Acceptor(const boost::asio::any_io_executor& executor) : socket(executor), pause(executor) {}
  tcp::acceptor socket;
  io::Timer pause;
  FaultPause faults{"rpc_accept_failed"};
};

Result<uint16_t> ServerCore::listen(const IpAddress& address, uint16_t port) {
  if (!tls->has_certificate())
    return make_error(Code::kFailedPrecondition, "listen", "this node has no certificate yet");
  tcp::endpoint endpoint = to_endpoint(address, port);
  auto acceptor = std::make_shared<Acceptor>(executor);
  error_code error;
  acceptor->socket.open(endpoint.protocol(), error);
  if (!error) acceptor->socket.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor->socket.bind(endpoint, error);
  if (!error) acceptor->socket.listen(boost::asio::socket_base::max_listen_connections, error);
  uint16_t bound = error ? 0 : acceptor->socket.local_endpoint(error).port();
  if (error) return listen_error(endpoint, error);
  // Containers' processes must not inherit the manager's port.
  ::fcntl(acceptor->socket.native_handle(), F_SETFD, FD_CLOEXEC);
  acceptors_.push_back(acceptor);
  accept(acceptor);
  return bound;
}

void ServerCore::accept(const std::shared_ptr<Acceptor>& acceptor) {
  acceptor->socket.async_accept([self = shared_from_this(), acceptor](const error_code& error, tcp::socket socket) {
    if (!acceptor->socket.is_open()) return;
    if (!error) {
      self->admit(std::move(socket));
      return self->accept(acceptor);
    }
    if (error == boost::asio::error::operation_aborted) return;
    acceptor->faults.note(error.message(), acceptor->pause.now());
    acceptor->pause.expires_after(FaultPause::kPause);
    acceptor->pause.async_wait([self, acceptor](const error_code& cancelled) {
      if (!cancelled && acceptor->socket.is_open()) self->accept(acceptor);
    });
  });
}

void ServerCore::admit(tcp::socket socket) {
  if (connections.size() >= options.connections_max || handshakes >= options.handshakes_max) return;
  Result<std::unique_ptr<TlsMachine>> machine = TlsMachine::server(*tls);
  if (!machine.ok()) return log_error("rpc_accept_failed", {{"because", machine.error().text()}});
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  std::make_shared<ServerConnection>(shared_from_this(), std::move(socket), std::move(machine).value())->start();
}

void ServerCore::stop_accepting() {
  for (auto& acceptor : acceptors_) {
    error_code ignored;
    acceptor->socket.close(ignored);
    acceptor->pause.cancel();
  }
  acceptors_.clear();
}

void ServerCore::stop(const std::function<bool(const Peer&)>& is_unwanted, const Error& reason) {
  std::vector<std::shared_ptr<ServerConnection>> chosen;
  for (ServerConnection* connection : connections) {
    auto strong = std::static_pointer_cast<ServerConnection>(connection->weak_from_this().lock());
    if (strong && !strong->is_closed() && is_unwanted(strong->peer())) chosen.push_back(strong);
  }
  for (auto& connection : chosen) connection->stop(reason);
}

Server::Server(boost::asio::any_io_executor executor, std::shared_ptr<TlsConfig> tls, ServerOptions options)
    : core_(std::make_shared<ServerCore>(std::move(executor), std::move(tls), options)) {}

Server::~Server() { stop(); }

Result<uint16_t> Server::listen(const IpAddress& address, uint16_t port) { return core_->listen(address, port); }

void Server::unary_bytes(const std::string& path, UnaryHandler handler) {
  core_->methods[path] = std::make_shared<Method>(Method{std::move(handler), nullptr, nullptr});
}

void Server::server_stream_bytes(const std::string& path, ServerStreamHandler handler) {
  core_->methods[path] = std::make_shared<Method>(Method{nullptr, std::move(handler), nullptr});
}

void Server::client_stream_bytes(const std::string& path, ClientStreamHandler handler) {
  core_->methods[path] = std::make_shared<Method>(Method{nullptr, nullptr, std::move(handler)});
}

void Server::disconnect(const std::function<bool(const Peer&)>& is_unwanted) {
  core_->stop(is_unwanted, make_error(Code::kUnavailable, "the server closed the connection"));
}

boost::asio::awaitable<void> Server::shutdown(std::chrono::milliseconds grace) {
  std::shared_ptr<ServerCore> core = core_;
  core->stop_accepting();
  std::vector<std::shared_ptr<ServerConnection>> open;
  for (ServerConnection* connection : core->connections)
    if (auto strong = connection->weak_from_this().lock())
      open.push_back(std::static_pointer_cast<ServerConnection>(strong));
  for (auto& connection : open) connection->refuse_new_calls();
  open.clear();
  const TimePoint deadline = io::loop_of(core->executor).now() + grace;
  while (core->calls > 0)
    if (co_await core->call_ended.wait(deadline) != Signal::Wake::kNotified) break;
  core->stop([](const Peer&) { return true; }, make_error(Code::kUnavailable, "the server is stopping"));
}

void Server::stop() {
  core_->stop_accepting();
  core_->stop([](const Peer&) { return true; }, make_error(Code::kUnavailable, "the server is stopping"));
}

size_t Server::connections() const { return core_->connections.size(); }
size_t Server::running_calls() const { return core_->calls; }

}  // namespace skein::rpc
