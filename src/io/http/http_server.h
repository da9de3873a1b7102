// An HTTP/1.1 server on unix and TCP sockets: accepts, reads requests within limits, writes what the Service answers.
//
// Runs on the thread of its io_context. A connection that breaks a limit or the protocol is answered (400, 413, 431)
// where possible and closed; others are not disturbed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>

#include "base/address.h"
#include "io/http/router.h"

namespace skein::io::http {

struct ServerLimits {
  size_t header_bytes_max = 64u << 10;
  size_t connections_max = 1024;                    // further ones wait in the listen queue
  std::chrono::milliseconds idle_timeout{120'000};  // between requests on one connection
  std::chrono::milliseconds head_timeout{20'000};   // from the first byte of a request to the end of its head
  std::chrono::milliseconds body_timeout{120'000};  // without progress while reading a body or writing an answer
};

class Server {
 public:
  // `service` must outlive the server.
  Server(boost::asio::io_context& loop, Service& service, ServerLimits limits = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Replaces a stale socket file. Mode 0660; its group becomes `group` if such a group exists.
  Result<void> listen_unix(const std::string& path, const std::string& group);
  // Plain TCP: for tests and loopback only. Returns the port (useful with port 0).
  Result<uint16_t> listen_tcp(Ipv4 address, uint16_t port);

  // Stops accepting and closes every connection; answers in progress are cut.
  void stop();

  size_t connection_count() const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace skein::io::http
