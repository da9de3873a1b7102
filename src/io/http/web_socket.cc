#include "io/http/web_socket.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/bytes.h"

namespace skein::io::http {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::string_view kKeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr uint8_t kIsLast = 0x80, kIsMasked = 0x80, kKindBits = 0x0f, kReservedBits = 0x70, kSizeBits = 0x7f;
constexpr size_t kTwoBytes = 126, kEightBytes = 127, kMaskBytes = 4;
constexpr size_t kControlBytesMax = 125;
// Reasons of a close frame.
constexpr std::string_view kWentWell{"\x03\xe8", 2};  // 1000
constexpr std::string_view kBadFrame{"\x03\xea", 2};  // 1002
constexpr std::string_view kTooLarge{"\x03\xf1", 2};  // 1009

uint8_t byte_at(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

uint64_t number_at(std::string_view bytes, size_t at, size_t count) {
  uint64_t out = 0;
  for (size_t i = 0; i < count; ++i) out = out << 8 | byte_at(bytes, at + i);
  return out;
}

bool is_control(uint8_t kind) { return kind >= static_cast<uint8_t>(FrameKind::kClose); }
bool is_known(uint8_t kind) {
  return kind <= static_cast<uint8_t>(FrameKind::kBinary) ||
         (is_control(kind) && kind <= static_cast<uint8_t>(FrameKind::kPong));
}

}  // namespace

std::string web_socket_accept(std::string_view key) {
  const std::string text = std::string(key).append(kKeySuffix);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return to_base64(as_text(digest));
}

std::string format_frame(const Frame& frame) {
  std::string out(1, static_cast<char>(kIsLast | static_cast<uint8_t>(frame.kind)));
  const uint64_t size = frame.payload.size();
  const size_t count = size < kTwoBytes ? 0 : size <= 0xffff ? 2 : 8;
  out += static_cast<char>(count == 0 ? size : count == 2 ? kTwoBytes : kEightBytes);
  for (size_t i = count; i > 0; --i) out += static_cast<char>(size >> (8 * (i - 1)) & 0xff);
  return out + frame.payload;
}

Result<std::optional<Frame>> FrameReader::next() {
  std::optional<Frame> out;
  if (rest_.size() < 2) return out;
  const uint8_t kind = byte_at(rest_, 0) & kKindBits, size_byte = byte_at(rest_, 1) & kSizeBits;
  const bool is_cut = (byte_at(rest_, 0) & kIsLast) == 0;
  if ((byte_at(rest_, 0) & kReservedBits) != 0 || (byte_at(rest_, 1) & kIsMasked) == 0 || !is_known(kind) ||
      (is_control(kind) && (is_cut || size_byte > kControlBytesMax)))
    return make_error(Code::kInvalidArgument, "no frame of a client");
  const size_t count = size_byte == kTwoBytes ? 2 : size_byte == kEightBytes ? 8 : 0;
  const size_t mask_at = 2 + count, payload_at = mask_at + kMaskBytes;
  if (rest_.size() < payload_at) return out;
  const uint64_t size = count == 0 ? size_byte : number_at(rest_, 2, count);
  if (size > kPayloadBytesMax) return make_error(Code::kResourceExhausted, "a frame that is too long");
  if (rest_.size() < payload_at + size) return out;
  out = Frame{static_cast<FrameKind>(kind), rest_.substr(payload_at, size)};
  for (size_t i = 0; i < size; ++i)
    out->payload[i] = static_cast<char>(byte_at(out->payload, i) ^ byte_at(rest_, mask_at + i % kMaskBytes));
  rest_.erase(0, payload_at + size);
  return out;
}

// Answers to the client's frames and what the other side says come from two coroutines.
awaitable<Result<void>> WebSocket::send(Frame frame) {
  while (is_sending_) co_await written_.async_wait(asio::as_tuple(asio::use_awaitable));
  is_sending_ = true;
  struct AtEnd {
    WebSocket& socket;
    ~AtEnd() {
      socket.is_sending_ = false;
      socket.written_.cancel();
    }
  } at_end{*this};
  if (is_closed_) co_return make_error(Code::kAborted, "the WebSocket is closed");
  is_closed_ = frame.kind == FrameKind::kClose;
  const std::string bytes = format_frame(frame);
  auto sent = co_await connection_.write(bytes);
  co_return sent;
}

awaitable<Result<void>> WebSocket::write(std::string_view bytes) {
  Frame frame{kind_, std::string(bytes)};
  auto sent = co_await send(std::move(frame));
  co_return sent;
}

awaitable<bool> WebSocket::take(Frame frame) {
  if (frame.kind == FrameKind::kPong) co_return true;
  if (frame.kind != FrameKind::kClose && frame.kind != FrameKind::kPing) {
    ready_ += frame.payload;
    co_return true;
  }
  const bool is_end = frame.kind == FrameKind::kClose;
  Frame answer{is_end ? FrameKind::kClose : FrameKind::kPong, std::move(frame.payload)};
  if (is_end) answer.payload.resize(std::min(answer.payload.size(), kWentWell.size()));  // the reason without its words
  (void)co_await send(std::move(answer));
  co_return !is_end;
}

// No frame can follow.
awaitable<void> WebSocket::say_goodbye(std::string_view why) {
  Frame goodbye{FrameKind::kClose, std::string(why)};
  (void)co_await send(std::move(goodbye));
}

awaitable<Result<size_t>> WebSocket::read_some(std::span<char> buffer) {
  std::array<char, 16384> bytes;
  while (ready_.empty()) {
    auto frame = frames_.next();
    if (!frame.ok()) {
      const bool is_large = frame.error().code == Code::kResourceExhausted;
      co_await say_goodbye(is_large ? kTooLarge : kBadFrame);
      co_return frame.error();
    }
    if (*frame) {
      Frame whole = std::move(**frame);
      const bool goes_on = co_await take(std::move(whole));
      if (!goes_on) co_return make_error(Code::kAborted, "the client has closed the WebSocket");
      continue;
    }
    SKEIN_CO_TRY_ASSIGN(const size_t size, co_await connection_.read_some(bytes));
    if (size == 0) co_return make_error(Code::kAborted, "the client is gone");
    frames_.add({bytes.data(), size});
  }
  const size_t size = ready_.copy(buffer.data(), buffer.size());
  ready_.erase(0, size);
  co_return size;
}

awaitable<void> WebSocket::finish() {
  co_await say_goodbye(kWentWell);
  connection_.end_writing();
}

}  // namespace skein::io::http
