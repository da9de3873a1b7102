// The way by which remote calls reach other hosts: TCP and TLS, or the pipes of a simulated network. All that is above
// it (HTTP/2, gRPC's framing, streams, deadlines, keepalive) is the same code on either.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "base/result.h"
#include "base/time/clock.h"
#include "io/rpc/link.h"
#include "io/rpc/tls/security_layer.h"
#include "io/rpc/tls/tls.h"

namespace skein::rpc {

// Accepts connections until it is destroyed.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual uint16_t port() const = 0;
};

class Transport {
 public:
  using OnLink = std::function<void(std::unique_ptr<Link>)>;
  virtual ~Transport() = default;

  // On the executor of the coroutine. kDeadlineExceeded when there is no answer by `deadline` (a time of that
  // executor's loop); kUnavailable for all else; kCanceled.
  virtual boost::asio::awaitable<Result<std::unique_ptr<Link>>> dial(HostPort target, TimePoint deadline) = 0;
  // `port` 0: one that is free. `on_link` is called for each connection, from the loop. kFailedPrecondition,
  // kPermissionDenied or kUnavailable, with what to do about it.
  virtual Result<std::unique_ptr<Listener>> listen(const boost::asio::any_io_executor& executor,
                                                   const IpAddress& address, uint16_t port, OnLink on_link) = 0;

  // For one connection of ours. Errors as of TlsMachine.
  virtual Result<std::unique_ptr<SecurityLayer>> secure_client(const ClientTls& tls) = 0;
  virtual Result<std::unique_ptr<SecurityLayer>> secure_server(const TlsConfig& tls) = 0;

 protected:
  // What listen() says about an address that cannot be had.
  static Error listen_error(const HostPort& at, const boost::system::error_code& error);
};

// The kernel's sockets, with TLS. Stateless; thread-safe.
Transport& tcp_transport();

}  // namespace skein::rpc
