// One accepted connection: reads requests, hands them to the Service, writes the answers. Part of http_server.h.
#pragma once

#include <memory>

#include "io/http/http_server.h"
#include "io/http/socket_stream.h"
#include "io/loop/timer.h"

namespace skein::io::http {

// Calls back once when its time is over, unless it was armed anew or disarmed before.
class Deadline {
 public:
  Deadline(const boost::asio::any_io_executor& executor, std::function<void()> on_expiry)
      : timer_(executor), on_expiry_(std::make_shared<std::function<void()>>(std::move(on_expiry))) {}
  void arm(std::chrono::milliseconds after);
  void disarm() { timer_.cancel(); }
  bool is_expired() const { return *is_expired_; }

 private:
  Timer timer_;
  std::shared_ptr<std::function<void()>> on_expiry_;
  std::shared_ptr<bool> is_expired_ = std::make_shared<bool>(false);
};

class Connection {
 public:
  Connection(Socket socket, const ServerLimits& limits, std::string peer);
  ~Connection();

  // Until the client goes away, breaks a rule, or the connection is taken over.
  boost::asio::awaitable<void> run(Service& service);
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skein::io::http
