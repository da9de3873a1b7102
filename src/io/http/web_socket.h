// The server's side of a WebSocket (RFC 6455), once the connection has left HTTP. Loop's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "io/http/message.h"
#include "io/loop/timer.h"

namespace skein::io::http {

// Sec-WebSocket-Accept, for the client's Sec-WebSocket-Key.
std::string web_socket_accept(std::string_view key);

enum class FrameKind : uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };
struct Frame {
  FrameKind kind = FrameKind::kBinary;
  std::string payload;
  bool operator==(const Frame&) const = default;
};

// As a server sends it, whole and without a mask. Pure.
std::string format_frame(const Frame& frame);

// What a client sends, piece by piece. Pure.
class FrameReader {
 public:
  static constexpr size_t kPayloadBytesMax = 1u << 20;

  void add(std::string_view bytes) { rest_ += bytes; }
  // None until it is whole. kInvalidArgument for what no client may send, kResourceExhausted for one that is too long;
  // there is no going on after that.
  Result<std::optional<Frame>> next();

 private:
  std::string rest_;
};

// What clients send in messages of either kind is read as bytes; what is written becomes messages of one kind.
class WebSocket final : public ByteStream {
 public:
  // `connection` outlives it.
  WebSocket(const boost::asio::any_io_executor& executor, ByteStream& connection, FrameKind kind)
      : connection_(connection), kind_(kind), written_(executor, TimePoint::never()) {}

  // Its end, by a close frame or without, is an error: nothing can be written then either.
  boost::asio::awaitable<Result<size_t>> read_some(std::span<char> buffer) override;
  boost::asio::awaitable<Result<void>> write(std::string_view bytes) override;
  // Only finish() ends it.
  void end_writing() override {}
  void close() override {}
  // Says goodbye, unless the client has.
  boost::asio::awaitable<void> finish();

 private:
  boost::asio::awaitable<Result<void>> send(Frame frame);
  boost::asio::awaitable<void> say_goodbye(std::string_view why);
  // False at the end.
  boost::asio::awaitable<bool> take(Frame frame);

  ByteStream& connection_;
  FrameKind kind_;
  io::Timer written_;  // cancelled when a frame has been sent
  bool is_sending_ = false, is_closed_ = false;
  FrameReader frames_;
  std::string ready_;  // of the client, not read yet
};

}  // namespace skein::io::http
