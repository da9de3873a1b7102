// GET /containers/{id}/attach/ws: an attachment over a WebSocket. The outputs come in messages as they are written,
// without the heads that tell them apart elsewhere.
#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cctype>

#include "api/containers/containers.h"
#include "containers/facts/container_json.h"
#include "engine/values/stream_frames.h"
#include "io/http/web_socket.h"

namespace skein::api {

using boost::asio::awaitable;
using io::http::ApiVersion;
using io::http::FrameKind;
using io::http::Response;

namespace {

bool has_word(std::string_view text, std::string_view word) {
  const auto is_same = [](unsigned char a, unsigned char b) { return std::tolower(a) == b; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), is_same) != text.end();
}

// The client, to whom frames of the engine's are written without their heads.
class PlainClient final : public io::http::ByteStream {
 public:
  explicit PlainClient(io::http::ByteStream& client) : client_(client) {}
  awaitable<Result<size_t>> read_some(std::span<char> buffer) override { return client_.read_some(buffer); }
  awaitable<Result<void>> write(std::string_view bytes) override {
    const std::string content = frames_.take(bytes);
    if (content.empty()) co_return Result<void>();
    auto written = co_await client_.write(content);
    co_return written;
  }
  void end_writing() override { client_.end_writing(); }
  void close() override { client_.close(); }

 private:
  io::http::ByteStream& client_;
  engine::StreamContent frames_;
};

std::function<awaitable<void>(io::http::ByteStream&)> over_web_socket(
    std::function<awaitable<void>(io::http::ByteStream&)> serve, FrameKind kind, bool is_framed) {
  return [serve = std::move(serve), kind, is_framed](io::http::ByteStream& front) -> awaitable<void> {
    io::http::WebSocket socket(co_await boost::asio::this_coro::executor, front, kind);
    PlainClient plain(socket);
    co_await serve(is_framed ? static_cast<io::http::ByteStream&>(plain) : socket);
    co_await socket.finish();
  };
}

}  // namespace

awaitable<Response> Containers::attach_web_socket(Request& request) {
  const std::string key(request.headers.get("Sec-WebSocket-Key"));
  if (!request.wants_upgrade() || !has_word(request.headers.get("Upgrade"), "websocket"))
    co_return Response::of_message(400, "not websocket protocol");
  if (key.empty() || request.headers.get("Sec-WebSocket-Version") != "13")
    co_return Response::of_message(400, "missing or bad WebSocket Version");
  if (request.version < ApiVersion{1, 42})
    for (const char* stream : {"stdin", "stdout", "stderr"}) request.query.set(stream, "1");
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  auto response = co_await attach(request);
  if (!response.hijack) co_return response;
  const FrameKind kind = request.version < ApiVersion{1, 28} ? FrameKind::kText : FrameKind::kBinary;
  response.headers.remove("Content-Type");
  response.headers.set("Upgrade", "websocket");
  response.headers.set("Sec-WebSocket-Accept", io::http::web_socket_accept(key));
  response.hijack = over_web_socket(std::move(response.hijack), kind, !containers::has_terminal(*container));
  co_return response;
}

}  // namespace skein::api
