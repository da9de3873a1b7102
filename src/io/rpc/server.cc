#include "io/rpc/server.h"

#include "base/log.h"
#include "io/loop/loop.h"
#include "io/loop/timer.h"
#include "io/rpc/server_call.h"
#include "io/rpc/server_connection.h"
#include "io/rpc/server_core.h"

namespace skein::rpc {

Result<uint16_t> ServerCore::listen(const IpAddress& address, uint16_t port) {
  if (!tls->has_certificate())
    return make_error(Code::kFailedPrecondition, "listen", "this node has no certificate yet");
  auto listener = transport.listen(executor, address, port, [weak = weak_from_this()](std::unique_ptr<Link> link) {
    if (auto self = weak.lock()) self->admit(std::move(link));
  });
  if (!listener.ok()) return listener.error();
  const uint16_t bound = (*listener)->port();
  listeners_.push_back(std::move(*listener));
  return bound;
}

void ServerCore::admit(std::unique_ptr<Link> link) {
  if (connections.size() >= options.connections_max || handshakes >= options.handshakes_max) return;
  auto security = transport.secure_server(*tls);
  if (!security.ok()) return log_error("rpc-accept-failed", {{"why", security.error().text()}});
  std::make_shared<ServerConnection>(shared_from_this(), std::move(link), std::move(*security))->start();
}

void ServerCore::stop(const std::function<bool(const Peer&)>& is_unwanted, const Error& reason) {
  std::vector<std::shared_ptr<ServerConnection>> chosen;
  for (const auto& [number, connection] : connections) {
    auto strong = std::static_pointer_cast<ServerConnection>(connection->weak_from_this().lock());
    if (strong && !strong->is_closed() && is_unwanted(strong->peer())) chosen.push_back(strong);
  }
  for (auto& connection : chosen) connection->stop(reason);
}

Server::Server(const boost::asio::any_io_executor& executor, Transport& transport, std::shared_ptr<TlsConfig> tls,
               ServerOptions options)
    : core_(std::make_shared<ServerCore>(executor, transport, std::move(tls), options)) {}

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
  for (const auto& [number, connection] : core->connections)
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

boost::asio::awaitable<void> Server::close() {
  std::shared_ptr<ServerCore> core = core_;
  stop();
  std::vector<std::shared_ptr<ServerCall>> running;
  for (const auto& [number, call] : core->handlers) running.push_back(call->shared_from_this());
  for (const auto& call : running) call->end_handler();
  running.clear();
  while (!core->handlers.empty()) co_await core->call_ended.wait();
}

size_t Server::connections() const { return core_->connections.size(); }
size_t Server::running_calls() const { return core_->calls; }

}  // namespace skein::rpc
