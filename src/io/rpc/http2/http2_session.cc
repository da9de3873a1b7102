#include "io/rpc/http2/http2_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

namespace skein::rpc {
namespace {

constexpr uint32_t kHeaderFieldOverheadBytes = 32;  // RFC 9113 section 6.5.2, SETTINGS_MAX_HEADER_LIST_SIZE

struct StreamState {
  std::deque<std::string> body;  // to send
  size_t body_offset = 0;        // sent of the first chunk
  size_t queued_bytes = 0;
  bool is_ended = false;
  bool has_provider = false;  // nghttp2 asks read_body for this stream
  std::optional<HeaderList> trailers;

  HeaderList received;  // the header block that is being received
  size_t received_bytes = 0;
};

std::vector<nghttp2_nv> name_values(const HeaderList& headers) {
  std::vector<nghttp2_nv> out;
  out.reserve(headers.size());
  for (const auto& [name, value] : headers)
    out.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                   reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                   NGHTTP2_NV_FLAG_NONE});  // copied by nghttp2
  return out;
}

}  // namespace

struct Http2Session::Parts {
  nghttp2_session* session = nullptr;
  Http2Limits limits;
  Http2Events& events;
  std::unordered_map<int32_t, StreamState> streams;

  explicit Parts(const Http2Limits& limits, Http2Events& events) : limits(limits), events(events) {}
  ~Parts() { nghttp2_session_del(session); }

  StreamState* find(int32_t id) {
    auto at = streams.find(id);
    return at == streams.end() ? nullptr : &at->second;
  }

  void close(int32_t id, uint32_t error) {
    if (streams.erase(id) > 0) events.on_stream_closed(id, error);
  }
};

namespace {

using Parts = Http2Session::Parts;
Parts& parts_of(void* user) { return *static_cast<Parts*>(user); }

int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  Parts& parts = parts_of(user);
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) parts.streams.try_emplace(frame->hd.stream_id);
  if (StreamState* stream = parts.find(frame->hd.stream_id)) {
    stream->received.clear();
    stream->received_bytes = 0;
  }
  return 0;
}

int add_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_length,
               const uint8_t* value, size_t value_length, uint8_t, void* user) {
  Parts& parts = parts_of(user);
  StreamState* stream = parts.find(frame->hd.stream_id);
  if (frame->hd.type != NGHTTP2_HEADERS || stream == nullptr) return 0;
  stream->received_bytes += name_length + value_length + kHeaderFieldOverheadBytes;
  if (stream->received_bytes > parts.limits.header_bytes_max) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  stream->received.emplace_back(std::string(reinterpret_cast<const char*>(name), name_length),
                                std::string(reinterpret_cast<const char*>(value), value_length));
  return 0;
}

int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  Parts& parts = parts_of(user);
  int32_t id = frame->hd.stream_id;
  bool is_last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      if (StreamState* stream = parts.find(id))
        parts.events.on_headers(id, std::exchange(stream->received, {}), is_last);
      break;
    case NGHTTP2_DATA:
      if (is_last && parts.find(id) != nullptr) parts.events.on_body_end(id);
      break;
    case NGHTTP2_SETTINGS:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) parts.events.on_settings();
      break;
    case NGHTTP2_GOAWAY:
      parts.events.on_goaway(frame->goaway.last_stream_id, frame->goaway.error_code,
                             {reinterpret_cast<const char*>(frame->goaway.opaque_data), frame->goaway.opaque_data_len});
      break;
    default: break;
  }
  return 0;
}

int body_received(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* bytes, size_t length, void* user) {
  Parts& parts = parts_of(user);
  // One slow stream must not stop the others, so the connection's window is given back at once.
  nghttp2_session_consume_connection(session, length);
  if (parts.find(id) != nullptr) parts.events.on_body(id, {reinterpret_cast<const char*>(bytes), length});
  return 0;
}

int stream_closed(nghttp2_session*, int32_t id, uint32_t error, void* user) {
  parts_of(user).close(id, error);
  return 0;
}

int frame_not_sent(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
  // A request that could not be opened: the peer went away first.
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
    parts_of(user).close(frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
  return 0;
}

// A server that has answered before it read the whole request tells the client to stop (RFC 9113 section 8.1).
int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void*) {
  bool is_end = frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (is_end && nghttp2_session_check_server_session(session) != 0 &&
      nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0)
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
  return 0;
}

ssize_t read_body(nghttp2_session* session, int32_t id, uint8_t* out, size_t length, uint32_t* flags,
                  nghttp2_data_source*, void* user) {
  Parts& parts = parts_of(user);
  StreamState* stream = parts.find(id);
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  size_t filled = 0;
  while (filled < length && !stream->body.empty()) {
    const std::string& chunk = stream->body.front();
    size_t take = std::min(length - filled, chunk.size() - stream->body_offset);
    std::memcpy(out + filled, chunk.data() + stream->body_offset, take);
    filled += take;
    stream->body_offset += take;
    if (stream->body_offset < chunk.size()) break;
    stream->body.pop_front();
    stream->body_offset = 0;
  }
  stream->queued_bytes -= filled;
  bool is_done = stream->is_ended && stream->body.empty();
  if (!is_done && filled == 0) return NGHTTP2_ERR_DEFERRED;
  if (is_done) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream->trailers) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      std::vector<nghttp2_nv> trailers = name_values(*stream->trailers);
      nghttp2_submit_trailer(session, id, trailers.data(), trailers.size());
    }
  }
  if (filled > 0) parts.events.on_sent(id);
  return static_cast<ssize_t>(filled);
}

nghttp2_session* make_session(Http2Session::Role role, Parts& parts) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  SKEIN_ASSERT(nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, add_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, body_received);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, frame_not_sent);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_session* session = nullptr;
  int error = role == Http2Session::Role::kClient ? nghttp2_session_client_new2(&session, callbacks, &parts, option)
                                                  : nghttp2_session_server_new2(&session, callbacks, &parts, option);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_option_del(option);
  SKEIN_ASSERT(error == 0);  // only for want of memory
  return session;
}

}  // namespace

Http2Session::Http2Session(Role role, const Http2Limits& limits, Http2Events& events)
    : parts_(std::make_unique<Parts>(limits, events)) {
  parts_->session = make_session(role, *parts_);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.header_bytes_max},
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},  // only a client may say this
  };
  nghttp2_submit_settings(parts_->session, NGHTTP2_FLAG_NONE, settings, role == Role::kClient ? 4 : 3);
  nghttp2_session_set_local_window_size(parts_->session, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<int32_t>(limits.connection_window_bytes));
}

Http2Session::~Http2Session() = default;

Result<void> Http2Session::receive(std::string_view bytes) {
  ssize_t taken =
      nghttp2_session_mem_recv(parts_->session, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0) return make_error(Code::kUnavailable, "http2", nghttp2_strerror(static_cast<int>(taken)));
  return {};
}

std::string Http2Session::take_output(size_t bytes_max) {
  std::string out;
  while (out.size() < bytes_max) {
    const uint8_t* bytes = nullptr;
    ssize_t length = nghttp2_session_mem_send(parts_->session, &bytes);
    if (length <= 0) break;  // negative only for want of memory
    out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
  }
  return out;
}

bool Http2Session::is_alive() const {
  return nghttp2_session_want_read(parts_->session) != 0 || nghttp2_session_want_write(parts_->session) != 0;
}

Result<int32_t> Http2Session::request(const HeaderList& headers) {
  nghttp2_data_provider provider{.source = {}, .read_callback = read_body};
  std::vector<nghttp2_nv> fields = name_values(headers);
  int32_t id = nghttp2_submit_request(parts_->session, nullptr, fields.data(), fields.size(), &provider, nullptr);
  if (id < 0) return make_error(Code::kUnavailable, "http2: open a stream", nghttp2_strerror(id));
  parts_->streams[id].has_provider = true;
  return id;
}

void Http2Session::respond(int32_t id, const HeaderList& headers) {
  StreamState* stream = parts_->find(id);
  if (stream == nullptr || stream->has_provider) return;
  nghttp2_data_provider provider{.source = {}, .read_callback = read_body};
  std::vector<nghttp2_nv> fields = name_values(headers);
  stream->has_provider = true;
  if (nghttp2_submit_response(parts_->session, id, fields.data(), fields.size(), &provider) != 0)
    reset(id, ResetCode::kInternal);
}

void Http2Session::respond_only(int32_t id, const HeaderList& headers) {
  StreamState* stream = parts_->find(id);
  if (stream == nullptr || stream->has_provider) return;
  std::vector<nghttp2_nv> fields = name_values(headers);
  stream->has_provider = true;
  if (nghttp2_submit_response(parts_->session, id, fields.data(), fields.size(), nullptr) != 0)
    reset(id, ResetCode::kInternal);
}

void Http2Session::send_body(int32_t id, std::string bytes) {
  StreamState* stream = parts_->find(id);
  if (stream == nullptr || stream->is_ended || bytes.empty()) return;
  stream->queued_bytes += bytes.size();
  stream->body.push_back(std::move(bytes));
  nghttp2_session_resume_data(parts_->session, id);
}

void Http2Session::end_body(int32_t id) {
  StreamState* stream = parts_->find(id);
  if (stream == nullptr || stream->is_ended) return;
  stream->is_ended = true;
  nghttp2_session_resume_data(parts_->session, id);
}

void Http2Session::end_body(int32_t id, HeaderList trailers) {
  StreamState* stream = parts_->find(id);
  if (stream == nullptr || stream->is_ended) return;
  stream->trailers = std::move(trailers);
  end_body(id);
}

size_t Http2Session::queued_bytes(int32_t id) const {
  StreamState* stream = parts_->find(id);
  return stream == nullptr ? 0 : stream->queued_bytes;
}

void Http2Session::reset(int32_t id, ResetCode code) {
  if (parts_->find(id) != nullptr)
    nghttp2_submit_rst_stream(parts_->session, NGHTTP2_FLAG_NONE, id, static_cast<uint32_t>(code));
}

void Http2Session::consume(int32_t id, size_t bytes) {
  if (parts_->find(id) != nullptr) nghttp2_session_consume_stream(parts_->session, id, bytes);
}

void Http2Session::ping() { nghttp2_submit_ping(parts_->session, NGHTTP2_FLAG_NONE, nullptr); }

void Http2Session::refuse_new_streams() {
  nghttp2_submit_goaway(parts_->session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(parts_->session),
                        NGHTTP2_NO_ERROR, nullptr, 0);
}

void Http2Session::terminate(ResetCode code) {
  nghttp2_session_terminate_session(parts_->session, static_cast<uint32_t>(code));
}

}  // namespace skein::rpc
