// One connection below TLS: bytes to the peer and back, in order, each once. A socket, or a pipe of a simulated
// network.
//
// One thread. Whoever reads and writes keeps the link alive until what it has begun is done: callbacks come later,
// never from inside a function, and are destroyed without a call when the context goes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/address.h"

namespace skein::rpc {

struct LinkEnd {
  IpAddress address;  // IPv4-mapped IPv6 is unwrapped
  uint16_t port = 0;
};

class Link {
 public:
  virtual ~Link() = default;  // as close()

  virtual boost::asio::any_io_executor executor() const = 0;
  virtual LinkEnd local() const = 0;
  virtual LinkEnd remote() const = 0;

  // `done` gets how many bytes were put into `into`: at least one, or an error (asio::error::eof after the peer's end).
  // One read at a time; `into` must stay.
  virtual void read(std::span<char> into, std::function<void(const boost::system::error_code&, size_t)> done) = 0;
  // Done when all bytes were taken over. One write at a time; `bytes` must stay.
  virtual void write(std::string_view bytes, std::function<void(const boost::system::error_code&)> done) = 0;
  // The peer reads eof after what was written.
  virtual void end_writing() = 0;
  // What is under way is done with operation_aborted; nothing more comes in or goes out.
  virtual void close() = 0;
};

}  // namespace skein::rpc
