// One HTTP/1.1 request to a server on the network, by TCP or TLS. For registries; the engine's socket has
// http_client.h.
//
// Errors: kUnavailable when it cannot be reached or its certificate does not verify, kDeadlineExceeded, kDataLoss when
// the answer breaks off or is too long.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/http/http_client.h"

namespace skein::io::http {

struct WebServer {
  std::string host;
  uint16_t port = 443;
  bool is_tls = true;
  bool is_verified = true;                          // by the host's roots, and by these:
  std::vector<std::string> certificate_files = {};  // PEM

  // "https://host:5000", without the port where it is the usual one.
  std::string url() const;
};

// The body is at most `body_bytes_max`; the request's timeout is for all of it.
boost::asio::awaitable<Result<Reply>> ask_web(WebServer server, ClientRequest request, size_t body_bytes_max);

}  // namespace skein::io::http
