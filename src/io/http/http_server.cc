#include "io/http/http_server.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/system_error.hpp>
#include <set>

#include "base/log.h"
#include "base/time/clock.h"
#include "base/time/fault_pause.h"
#include "io/http/http_connection.h"
#include "io/loop/timer.h"

namespace skein::io::http {

namespace asio = boost::asio;

struct Server::State : std::enable_shared_from_this<Server::State> {
  State(asio::io_context& loop_in, Service& service_in, ServerLimits limits_in)
      : loop(loop_in), service(service_in), limits(limits_in), room(loop_in, TimePoint::never()) {}

  asio::io_context& loop;
  Service& service;
  ServerLimits limits;
  std::vector<std::function<void()>> close_acceptors;
  std::set<std::shared_ptr<Connection>> connections;
  Timer room;  // cancelled when a connection ends, to wake acceptors that wait for room
  bool is_stopped = false;
};

namespace {

asio::awaitable<void> serve(std::shared_ptr<Server::State> state, std::shared_ptr<Connection> connection) {
  // Whatever a handler throws ends its connection only.
  try {
    co_await connection->run(state->service);
  } catch (const std::exception& e) {
    log_warning("http-connection-failed", {{"why", e.what()}});
  }
  connection->close();
  state->connections.erase(connection);
  state->room.cancel();
}

template <class Acceptor>
asio::awaitable<void> accept_loop(std::shared_ptr<Server::State> state, std::shared_ptr<Acceptor> acceptor,
                                  std::string peer) {
  FaultPause faults("http-accept-failed");
  while (!state->is_stopped) {
    if (state->connections.size() >= state->limits.connections_max) {
      co_await state->room.async_wait(kAwaitTuple);
      continue;
    }
    auto [ec, socket] = co_await acceptor->async_accept(kAwaitTuple);
    if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) co_return;
    if (ec) {
      Timer pause(state->loop, FaultPause::kPause);
      faults.note(ec.message(), pause.now());
      co_await pause.async_wait(kAwaitTuple);
      continue;
    }
    auto connection = std::make_shared<Connection>(Socket(std::move(socket)), state->limits, peer);
    state->connections.insert(connection);
    asio::co_spawn(state->loop, serve(state, connection), asio::detached);
  }
}

Error last_error(const std::string& what) { return make_error(Code::kUnavailable, what, std::strerror(errno)); }

// A socket file that nobody listens on is left over from a crash; one that answers belongs to another daemon.
Result<void> clear_stale_socket(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode))
    return make_error(Code::kFailedPrecondition, "listen on " + path, "exists and is no socket");
  int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return last_error("listen on " + path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  int connected = ::connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof address);
  bool is_alive = connected == 0 || errno == EAGAIN;
  ::close(probe);
  if (is_alive) return make_error(Code::kAlreadyExists, "listen on " + path, "another daemon answers there");
  if (::unlink(path.c_str()) != 0) return last_error("remove " + path);
  return {};
}

}  // namespace

Server::Server(asio::io_context& loop, Service& service, ServerLimits limits)
    : state_(std::make_shared<State>(loop, service, limits)) {}

Server::~Server() { stop(); }

Result<void> Server::listen_unix(const std::string& path, const std::string& group) {
  if (path.size() >= sizeof(sockaddr_un{}.sun_path))
    return make_error(Code::kInvalidArgument, "listen on " + path, "path too long");
  SKEIN_TRY(clear_stale_socket(path));
  auto acceptor = std::make_shared<asio::local::stream_protocol::acceptor>(state_->loop);
  boost::system::error_code ec;
  acceptor->open(asio::local::stream_protocol(), ec);
  if (ec) return socket_error("socket", ec);
  // Made closed and opened afterwards: between bind and chmod nobody gets in.
  mode_t mask = ::umask(0177);
  acceptor->bind(asio::local::stream_protocol::endpoint(path), ec);
  ::umask(mask);
  if (ec) return socket_error(("bind " + path).c_str(), ec);
  const struct group* entry = group.empty() ? nullptr : ::getgrnam(group.c_str());
  if (entry != nullptr && ::chown(path.c_str(), -1, entry->gr_gid) != 0) return last_error("chown " + path);
  if (::chmod(path.c_str(), 0660) != 0) return last_error("chmod " + path);
  acceptor->listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return socket_error("listen", ec);
  state_->close_acceptors.push_back([acceptor, path] {
    boost::system::error_code ignored;
    if (acceptor->is_open()) ::unlink(path.c_str());
    acceptor->close(ignored);
  });
  asio::co_spawn(state_->loop, accept_loop(state_, acceptor, std::string("unix")), asio::detached);
  return {};
}

Result<uint16_t> Server::listen_tcp(Ipv4 address, uint16_t port) {
  auto acceptor = std::make_shared<asio::ip::tcp::acceptor>(state_->loop);
  asio::ip::tcp::endpoint endpoint(asio::ip::address_v4(address.value), port);
  boost::system::error_code ec;
  acceptor->open(endpoint.protocol(), ec);
  if (!ec) acceptor->set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) acceptor->bind(endpoint, ec);
  if (!ec) acceptor->listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return socket_error("listen", ec);
  state_->close_acceptors.push_back([acceptor] {
    boost::system::error_code ignored;
    acceptor->close(ignored);
  });
  asio::co_spawn(state_->loop, accept_loop(state_, acceptor, std::string("tcp")), asio::detached);
  return acceptor->local_endpoint().port();
}

void Server::stop() {
  state_->is_stopped = true;
  for (auto& close : state_->close_acceptors) close();
  state_->room.cancel();
  for (auto& connection : state_->connections) connection->close();
}

size_t Server::connection_count() const { return state_->connections.size(); }

}  // namespace skein::io::http
