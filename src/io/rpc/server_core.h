// What the connections of one server share: methods, limits, and the account of what is in use. Only for this folder.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "io/rpc/server.h"
#include "io/rpc/signal.h"

namespace skein::rpc {

class ServerConnection;

struct Method {  // exactly one is set
  UnaryHandler unary;
  ServerStreamHandler server_stream;
  ClientStreamHandler client_stream;
};

class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(const boost::asio::any_io_executor& executor, std::shared_ptr<TlsConfig> tls, ServerOptions options)
      : executor(executor), tls(std::move(tls)), options(options), call_ended(executor) {}

  Result<uint16_t> listen(const IpAddress& address, uint16_t port);
  void stop_accepting();
  void stop(const std::function<bool(const Peer&)>& is_unwanted, const Error& reason);

  boost::asio::any_io_executor executor;
  std::shared_ptr<TlsConfig> tls;
  ServerOptions options;
  std::unordered_map<std::string, std::shared_ptr<const Method>> methods;
  std::unordered_set<ServerConnection*> connections;  // each removes itself when it is destroyed
  size_t handshakes = 0;
  size_t calls = 0;           // ServerCall objects: open calls, and handlers whose call is gone
  size_t buffered_bytes = 0;  // of requests that no handler has taken yet
  Signal call_ended;

 private:
  struct Acceptor;
  void accept(const std::shared_ptr<Acceptor>& acceptor);
  void admit(boost::asio::ip::tcp::socket socket);
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
};

}  // namespace skein::rpc
