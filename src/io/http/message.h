// HTTP messages as plain values, so that only http_connection.cc and http_client.cc need to know the HTTP library.
//
// Everything runs on the loop's thread. Streams are pull based: nobody buffers more than one read.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace skein::io::http {

// Header fields in order; names compare without case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}
  // Empty when there is none.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  void set(std::string_view name, std::string_view value);  // replaces
  void remove(std::string_view name);
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// Decoded query parameters; the first value of a repeated name wins in get(), all() keeps their order.
class Query {
 public:
  // Decodes %XX and '+'. Malformed escapes are kept as they are.
  static Query parse(std::string_view text);
  std::string get(std::string_view name) const;  // empty when absent
  std::vector<std::string> all(std::string_view name) const;
  bool has(std::string_view name) const;
  // Docker's booleans: absent, "", "0", "no", "false", "none" are false; anything else is true.
  bool flag(std::string_view name) const;
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  std::string text() const;  // encoded, without '?'
  bool is_empty() const { return fields_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

std::string percent_encode(std::string_view text);  // everything but unreserved characters (RFC 3986 section 2.3)
std::string percent_decode(std::string_view text);

inline constexpr size_t kPieceBytes = 64u << 10;

// A body that arrives piece by piece.
class BodySource {
 public:
  virtual ~BodySource() = default;
  // The next piece, at most kPieceBytes; empty at the end.
  virtual boost::asio::awaitable<Result<std::string>> read_some() = 0;
};

// Reads all of `source`; more than `size_bytes_max` is kResourceExhausted.
boost::asio::awaitable<Result<std::string>> read_all(BodySource& source, size_t size_bytes_max);

// Where a streamed response goes. Each write is flushed at once (one chunk).
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual boost::asio::awaitable<Result<void>> write(std::string_view bytes) = 0;
};

// A raw connection after an upgrade. One read and one write may be outstanding at a time.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // The number of bytes read; 0 when the other side has ended its direction.
  virtual boost::asio::awaitable<Result<size_t>> read_some(std::span<char> buffer) = 0;
  virtual boost::asio::awaitable<Result<void>> write(std::string_view bytes) = 0;
  virtual void end_writing() = 0;  // half-close: the other side reads an end, we can still read
  virtual void close() = 0;        // outstanding operations fail
};

// Copies both ways until `back` has ended, passing on half-closes; then closes both.
boost::asio::awaitable<void> splice(ByteStream& front, ByteStream& back);

// The version of Docker's API in a path's /v1.NN prefix.
struct ApiVersion {
  int major = 1;
  int minor = 0;
  static std::optional<ApiVersion> parse(std::string_view text);  // "1.41"
  std::string text() const;
  auto operator<=>(const ApiVersion&) const = default;
};

struct Request {
  std::string method;
  std::string path;  // decoded, without version prefix and query
  Query query;
  Headers headers;
  std::string body;              // whole body, unless the route streams it
  BodySource* source = nullptr;  // the body not yet read; valid while the handler runs and while it streams its answer
  std::map<std::string, std::string, std::less<>> params;  // what the pattern's {names} matched
  ApiVersion version;
  std::string peer;  // address for logs; "unix" on a unix socket

  const std::string& param(std::string_view name) const;  // the name must be in the route's pattern
  bool wants_upgrade() const;                             // "Connection: Upgrade" is there
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  std::function<void()> on_sent;  // the head and this body are on their way: the client gets them even if we die now

  // When set, the answer is chunked: called once after the head has been sent. The body ends when it returns, and it
  // is cancelled (as Asio cancels coroutines: the pending co_await throws) when the client goes away.
  std::function<boost::asio::awaitable<void>(BodySink&)> stream;

  // When set, the connection leaves HTTP after the head (101 with `Upgrade: tcp`, or what the headers say, if asked
  // for, else 200) and is this function's. Bytes that the client sent early are read first.
  std::function<boost::asio::awaitable<void>(ByteStream&)> hijack;

  static Response of_json(int status, const nlohmann::json& value);
  static Response of_text(int status, std::string text);
  static Response of_status(int status);                               // no body
  static Response of_message(int status, const std::string& message);  // {"message": "…"}
  static Response of_error(const Error& error);
};

}  // namespace skein::io::http
