// The gRPC layer above HTTP/2 as pure code: message frames, grpc-timeout, grpc-message, grpc-status.
// Obeys the gRPC document "PROTOCOL-HTTP2.md": Length-Prefixed-Message, Timeout, Percent-Encoded.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skein::rpc {

inline constexpr size_t kFrameHeaderBytes = 5;  // compressed flag, length (big-endian, 32 bit)
inline constexpr size_t kMessageBytesMax = std::numeric_limits<int32_t>::max();  // what any gRPC peer can take
inline constexpr size_t kUnreadMessagesBytes = 256 << 10;  // of one stream; beyond, the other side's window closes

// The message with its frame header, uncompressed.
std::string frame_message(std::string_view message);

// Cuts a byte stream into messages.
class Deframer {
 public:
  explicit Deframer(size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // Appends the messages that `bytes` completes to `messages`. kResourceExhausted when a message announces more than
  // the maximum, kUnimplemented when its compressed flag is set (no compression is ever negotiated), kInternal for
  // another value of the flag. After an error nothing more may be fed. Memory grows with what came, not with what was
  // announced.
  Result<void> feed(std::string_view bytes, std::deque<std::string>& messages);

  // Whether the stream may end here.
  bool is_at_boundary() const { return header_.empty() && !is_in_body_; }
  size_t partial_bytes() const { return header_.size() + body_.size(); }

 private:
  Result<void> open_body();

  size_t message_bytes_max_;
  std::string header_;
  bool is_in_body_ = false;
  size_t body_bytes_ = 0;
  std::string body_;
};

// "4991459u": at most 8 digits and a unit of H M S m u n. nullopt for anything else. Saturates at 100 days.
std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text);
// Rounds up to the finest unit that fits 8 digits; negative times are "0n".
std::string format_timeout(std::chrono::nanoseconds timeout);

// Bytes outside ' '..'~', and '%', become %XX. Cut to 4 KiB of output, so that trailers fit into every peer's limits.
std::string percent_encode(std::string_view text);
// Broken escapes stay as they are.
std::string percent_decode(std::string_view text);

// A status number that is unknown or does not parse is kUnknown.
Code parse_status(std::string_view text);

// The code that the gRPC documents give to an answer that has an HTTP status but no grpc-status.
Code code_of_http_status(int status);
// The same for a stream that was reset with an HTTP/2 error code (RFC 9113 section 7).
Code code_of_reset(uint32_t http2_error);

// Whether a content-type is that of gRPC: "application/grpc", alone or followed by '+' or ';'.
bool is_grpc_content_type(std::string_view text);

}  // namespace skein::rpc
