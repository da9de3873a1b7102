// What arrives at TCP 2377 from strangers, once TLS is taken off: the first byte chooses the layer that is tried.
#include <algorithm>
#include <deque>

#include "base/bytes.h"
#include "io/rpc/http2/framing.h"
#include "io/rpc/http2/request_head.h"

namespace {

using namespace skein;
using namespace skein::rpc;

constexpr size_t kMessageBytesMax = 64;

struct Deframed {
  std::deque<std::string> messages;
  bool is_ok = true;
};

Deframed deframe(std::string_view bytes, size_t piece_bytes) {
  Deframed out;
  Deframer deframer(kMessageBytesMax);
  for (size_t at = 0; at < bytes.size() && out.is_ok; at += piece_bytes) {
    out.is_ok = deframer.feed(bytes.substr(at, piece_bytes), out.messages).ok();
    SKEIN_ASSERT(!out.is_ok || deframer.partial_bytes() < kFrameHeaderBytes + kMessageBytesMax);
  }
  return out;
}

// However the bytes are cut, the messages are the same, and are what was sent.
void try_framing(std::string_view bytes) {
  const Deframed whole = deframe(bytes, std::max<size_t>(bytes.size(), 1));
  for (size_t piece_bytes : {1, 3}) {
    const Deframed cut = deframe(bytes, piece_bytes);
    SKEIN_ASSERT(cut.is_ok == whole.is_ok && cut.messages == whole.messages);
  }
  std::string again;
  for (const std::string& message : whole.messages) again += frame_message(message);
  SKEIN_ASSERT(bytes.starts_with(again));
}

// Lines "name value". Whatever is refused is refused with a status that gRPC clients read.
void try_request_head(std::string_view bytes) {
  HeaderList headers;
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    const size_t blank = std::min(line.find(' '), line.size());
    headers.emplace_back(line.substr(0, blank), line.substr(std::min(blank + 1, line.size())));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
  }
  auto parsed = parse_request_head(headers);
  if (auto* head = std::get_if<RequestHead>(&parsed)) {
    SKEIN_ASSERT(unknown_method(head->path).code == Code::kUnimplemented);  // no path breaks the search for its method
    SKEIN_ASSERT(!head->timeout || head->timeout->count() >= 0);
    return;
  }
  const HeaderList answer = refusal_headers(std::get<Refusal>(parsed));
  SKEIN_ASSERT(!answer.empty() && answer.front().first == ":status");
}

// A server end that answers whatever comes.
class Echo : public Http2Events {
 public:
  void on_headers(int32_t stream, HeaderList headers, bool is_last) override {
    if (!std::holds_alternative<RequestHead>(parse_request_head(std::move(headers)))) {
      session.respond_only(stream, response_headers());
      return;
    }
    session.respond(stream, response_headers());
    if (is_last) on_body_end(stream);
  }
  void on_body(int32_t stream, std::string_view bytes) override {
    session.send_body(stream, std::string(bytes));
    session.consume(stream, bytes.size());
  }
  void on_body_end(int32_t stream) override { session.end_body(stream, trailers({})); }
  void on_sent(int32_t) override {}
  void on_stream_closed(int32_t, uint32_t) override {}
  void on_goaway(int32_t, uint32_t, std::string_view) override {}
  void on_settings() override {}

  Http2Session session{Http2Session::Role::kServer, Http2Limits{}, *this};
};

void try_session(std::string_view bytes) {
  static constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  static constexpr std::string_view kEmptySettings("\0\0\0\4\0\0\0\0\0", 9);
  Echo echo;
  bool is_ok = echo.session.receive(kPreface).ok() && echo.session.receive(kEmptySettings).ok();
  SKEIN_ASSERT(is_ok);
  for (size_t at = 0; at < bytes.size() && is_ok; at += 16) is_ok = echo.session.receive(bytes.substr(at, 16)).ok();
  for (int i = 0; i < 1000 && !echo.session.take_output(1 << 16).empty(); ++i) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = as_text({bytes + 1, size - 1});
  switch (bytes[0]) {
    case 'f': try_framing(rest); break;
    case 'h': try_request_head(rest); break;
    default: try_session(rest);
  }
  return 0;
}
