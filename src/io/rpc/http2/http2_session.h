// HTTP/2 (RFC 9113) over nghttp2 as a pure machine: received bytes in, events out; bytes to send are asked for. No I/O.
//
// One object per connection, client or server end. It is told what to send per stream (headers, body chunks, trailers)
// and frames it as flow control allows. Events run inside receive() and take_output(), never inside other calls; an
// event may call every other method, but not those two, and must not destroy the session.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace skein::rpc {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// HTTP/2 error codes that we send (RFC 9113 section 7).
enum class ResetCode : uint32_t { kNoError = 0, kInternal = 2, kRefused = 7, kCancel = 8, kCalmDown = 11 };

class Http2Events {
 public:
  virtual ~Http2Events() = default;
  // A header block: the request, the response, or (when there was one before) the trailers.
  virtual void on_headers(int32_t stream, HeaderList headers, bool is_last) = 0;
  // Body bytes. Each byte must be given back with consume() before the peer may send more than the window.
  virtual void on_body(int32_t stream, std::string_view bytes) = 0;
  virtual void on_body_end(int32_t stream) = 0;
  // Bytes of the body left the queue.
  virtual void on_sent(int32_t stream) = 0;
  // The stream is gone, after whatever end; `error` is an HTTP/2 error code, 0 for a regular end.
  virtual void on_stream_closed(int32_t stream, uint32_t error) = 0;
  // The peer will take no streams after `last_stream`.
  virtual void on_goaway(int32_t last_stream, uint32_t error, std::string_view text) = 0;
  virtual void on_settings() = 0;  // the peer's preface has come
};

struct Http2Limits {
  uint32_t streams_max = 256;            // that the peer may have open
  uint32_t header_bytes_max = 16 << 10;  // of one header block, decoded, with 32 bytes for each field
  uint32_t stream_window_bytes = 256 << 10;
  uint32_t connection_window_bytes = 4 << 20;
};

class Http2Session {
 public:
  enum class Role { kClient, kServer };
  // The preface and our settings are the first output. `events` outlives the session.
  Http2Session(Role role, const Http2Limits& limits, Http2Events& events);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // An error breaks the connection; the output then still holds a GOAWAY that says why.
  Result<void> receive(std::string_view bytes);
  // The next bytes for the peer, about `bytes_max`; empty when there is nothing to send now.
  std::string take_output(size_t bytes_max);
  // False when the session is over and the connection should be closed once all output is written.
  bool is_alive() const;

  // Client: opens a stream; it waits inside when the peer's limit of concurrent streams is reached.
  Result<int32_t> request(const HeaderList& headers);
  // Server: the response headers; a body and trailers follow.
  void respond(int32_t stream, const HeaderList& headers);
  // Server: the response headers are the last frame of the stream.
  void respond_only(int32_t stream, const HeaderList& headers);
  // Queues body bytes; unknown streams are ignored, here and below.
  void send_body(int32_t stream, std::string bytes);
  // Ends our half after the queued body.
  void end_body(int32_t stream);
  // Server: ends our half with trailers after the queued body.
  void end_body(int32_t stream, HeaderList trailers);
  size_t queued_bytes(int32_t stream) const;

  void reset(int32_t stream, ResetCode code);
  // Gives `bytes` of received body back to the peer's window.
  void consume(int32_t stream, size_t bytes);
  void ping();
  // Says GOAWAY: existing streams may finish, new ones are refused.
  void refuse_new_streams();
  // Says GOAWAY and ends the session.
  void terminate(ResetCode code);

  struct Parts;  // for the callbacks of nghttp2

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace skein::rpc
