// Sockets as ByteStreams, and copying between two of them.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>

#include "io/http/message.h"

namespace skein::io::http {

using Socket = boost::asio::generic::stream_protocol::socket;  // unix or TCP
inline constexpr auto kAwaitTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

Error socket_error(const char* what, const boost::system::error_code& ec);

class SocketStream final : public ByteStream {
 public:
  // `early`: bytes that were read with the head and belong to the stream.
  SocketStream(Socket socket, std::string early) : socket_(std::move(socket)), early_(std::move(early)) {}
  boost::asio::awaitable<Result<size_t>> read_some(std::span<char> buffer) override;
  boost::asio::awaitable<Result<void>> write(std::string_view bytes) override;
  void end_writing() override;
  void close() override;

 private:
  Socket socket_;
  std::string early_;
};

}  // namespace skein::io::http
