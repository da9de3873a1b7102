// What the connections of one server share: methods, limits, and the account of what is in use. Only for this folder.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/rpc/server.h"
#include "io/rpc/signal.h"

namespace skein::rpc {

class ServerCall;
class ServerConnection;

struct Method {  // exactly one is set
  UnaryHandler unary;
  ServerStreamHandler server_stream;
  ClientStreamHandler client_stream;
};

class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(const boost::asio::any_io_executor& executor, Transport& transport, std::shared_ptr<TlsConfig> tls,
             ServerOptions options)
      : executor(executor), transport(transport), tls(std::move(tls)), options(options), call_ended(executor) {}

  Result<uint16_t> listen(const IpAddress& address, uint16_t port);
  void stop_accepting() { listeners_.clear(); }
  void stop(const std::function<bool(const Peer&)>& is_unwanted, const Error& reason);

  boost::asio::any_io_executor executor;
  Transport& transport;
  std::shared_ptr<TlsConfig> tls;
  ServerOptions options;
  std::unordered_map<std::string, std::shared_ptr<const Method>> methods;
  uint64_t next_number = 1;
  // In the order of their coming; each removes itself when it is destroyed.
  std::map<uint64_t, ServerConnection*> connections;
  std::map<uint64_t, ServerCall*> handlers;  // that run, of calls that are open or gone
  size_t handshakes = 0;
  size_t calls = 0;           // ServerCall objects: open calls, and handlers whose call is gone
  size_t buffered_bytes = 0;  // of requests that no handler has taken yet
  Signal call_ended;

 private:
  void admit(std::unique_ptr<Link> link);
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace skein::rpc
