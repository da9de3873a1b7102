// An HTTP/1.1 client for unix sockets: one connection per request, so that there is no stale one to retry on.
//
// Errors: kUnavailable when nobody listens, kDeadlineExceeded, kDataLoss when the answer breaks off or is no HTTP.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>

#include "io/http/message.h"

namespace skein::io::http {

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, encoded
  Headers headers;
  std::string body;
  BodySource* source = nullptr;          // sent chunked instead of `body`; must live until the call returns
  std::chrono::milliseconds timeout{0};  // until the head of the answer is read; 0 = none
};

struct Reply {
  int status = 0;
  Headers headers;
  std::string body;  // call() only
  bool is_success() const { return status >= 200 && status < 300; }
  Result<nlohmann::json> json() const;  // of the body; kDataLoss when it is none
  // {"message": …} of an error answer, or the body itself.
  std::string message() const;
};

// An answer whose body is still coming. Destroying it closes the connection.
class ReplyStream : public BodySource {
 public:
  Reply head;
};

struct Hijacked {
  Reply head;                          // with body when it is no upgrade (status 101 or 200 otherwise)
  std::unique_ptr<ByteStream> stream;  // null when the status is an error
};

class Client {
 public:
  Client(boost::asio::any_io_executor executor, std::string socket_path);

  // The whole answer, its body at most `body_bytes_max`.
  boost::asio::awaitable<Result<Reply>> call(ClientRequest request, size_t body_bytes_max = 64u << 20);
  boost::asio::awaitable<Result<std::unique_ptr<ReplyStream>>> open(ClientRequest request);
  // Sends `Connection: Upgrade`, `Upgrade: tcp`.
  boost::asio::awaitable<Result<Hijacked>> hijack(ClientRequest request);

  const std::string& socket_path() const { return socket_path_; }

 private:
  boost::asio::any_io_executor executor_;
  std::string socket_path_;
};

}  // namespace skein::io::http
