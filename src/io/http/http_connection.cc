#include "io/http/http_connection.h"

#include <sys/socket.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include "base/log.h"
#include "io/file/readable.h"
#include "io/http/head.h"
#include "io/loop/timer.h"

namespace skein::io::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

void Deadline::arm(std::chrono::milliseconds after) {
  timer_.expires_after(after);
  timer_.async_wait([callback = on_expiry_, expired = is_expired_](const boost::system::error_code& ec) {
    if (ec) return;
    *expired = true;
    (*callback)();
  });
}

namespace {

using RequestParser = beast::http::request_parser<beast::http::buffer_body>;

}  // namespace

struct Connection::Impl {
  Impl(Socket socket_in, const ServerLimits& limits_in, std::string peer_in)
      : socket(std::make_shared<Socket>(std::move(socket_in))),
        limits(limits_in),
        peer(std::move(peer_in)),
        // Weak: the timer's last callback may run after the connection has gone.
        deadline(socket->get_executor(), [weak = std::weak_ptr<Socket>(socket)] {
          boost::system::error_code ignored;
          if (auto strong = weak.lock()) strong->close(ignored);
        }) {}

  std::shared_ptr<Socket> socket;
  ServerLimits limits;
  std::string peer;
  Deadline deadline;
  beast::flat_buffer buffer;
  std::unique_ptr<SocketStream> taken;  // the connection, after it has left HTTP

  asio::awaitable<Result<void>> send(std::string_view bytes) {
    deadline.arm(limits.body_timeout);
    auto [ec, size] = co_await asio::async_write(*socket, asio::buffer(bytes), kAwaitTuple);
    deadline.disarm();
    if (ec) co_return socket_error("write", ec);
    co_return Result<void>();
  }

  asio::awaitable<bool> read_head(RequestParser& parser);
  asio::awaitable<bool> answer(Service& service, RequestParser& parser);
  asio::awaitable<void> refuse(int status, std::string message);
  asio::awaitable<bool> send_whole(const Request& request, Response& response, bool keep_alive);
  asio::awaitable<bool> send_stream(const Request& request, Response& response, bool is_http10);
  asio::awaitable<void> hand_over(const Request& request, Response& response);
};

namespace {

class ParserSource final : public BodySource {
 public:
  ParserSource(Socket& socket, beast::flat_buffer& buffer, RequestParser& parser, Deadline& deadline,
               std::chrono::milliseconds timeout, bool expects_continue)
      : socket_(socket),
        buffer_(buffer),
        parser_(parser),
        deadline_(deadline),
        timeout_(timeout),
        expects_continue_(expects_continue) {}

  asio::awaitable<Result<std::string>> read_some() override {
    if (parser_.is_done()) co_return std::string();
    deadline_.arm(timeout_);
    if (expects_continue_) {
      expects_continue_ = false;
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(socket_, asio::buffer(kContinue), kAwaitTuple);
    }
    std::string piece(kPieceBytes, '\0');
    auto& body = parser_.get().body();
    body.data = piece.data();
    body.size = piece.size();
    // Returns to the caller as soon as something is there: a slow sender is not to be collected for.
    while (!parser_.is_done() && body.size == piece.size()) {
      auto [ec, size] = co_await beast::http::async_read_some(socket_, buffer_, parser_, kAwaitTuple);
      if (ec == beast::http::error::need_buffer) break;
      if (ec) {
        deadline_.disarm();
        co_return make_error(Code::kInvalidArgument, "http: request body", ec.message());
      }
    }
    deadline_.disarm();
    piece.resize(piece.size() - body.size);
    co_return piece;
  }

 private:
  Socket& socket_;
  beast::flat_buffer& buffer_;
  RequestParser& parser_;
  Deadline& deadline_;
  std::chrono::milliseconds timeout_;
  bool expects_continue_;
};

class ChunkSink final : public BodySink {
 public:
  using Send = std::function<asio::awaitable<Result<void>>(std::string_view)>;
  ChunkSink(Send send, bool is_chunked) : send_(std::move(send)), is_chunked_(is_chunked) {}

  asio::awaitable<Result<void>> write(std::string_view bytes) override {
    if (bytes.empty()) co_return Result<void>();
    std::string chunk = is_chunked_ ? format_chunk(bytes) : std::string(bytes);
    auto sent = co_await send_(chunk);
    if (!sent.ok()) is_broken_ = true;
    co_return sent;
  }
  bool is_broken() const { return is_broken_; }

 private:
  Send send_;
  bool is_chunked_;
  bool is_broken_ = false;
};

Request make_request(const RequestParser& parser, const std::string& peer) {
  const auto& message = parser.get();
  Request request;
  request.method = std::string(message.method_string());
  std::string_view target(message.target().data(), message.target().size());
  size_t question = target.find('?');
  request.path = percent_decode(target.substr(0, question));
  if (question != target.npos) request.query = Query::parse(target.substr(question + 1));
  for (const auto& field : message) request.headers.set(std::string(field.name_string()), std::string(field.value()));
  request.peer = peer;
  return request;
}

// Returns when the client has gone; otherwise waits until it is cancelled.
asio::awaitable<void> watch_client(Socket& socket) {
  const bool is_told = co_await wait_until_readable(socket);
  char byte = 0;
  bool has_data = is_told && ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  if (!has_data) co_return;
  // It has sent its next request already; from here on only a failing write tells that it has gone.
  Timer never(socket.get_executor(), TimePoint::never());
  co_await never.async_wait(kAwaitTuple);
}

asio::awaitable<bool> run_stream(Response& response, BodySink& sink) {
  try {
    co_await response.stream(sink);
    co_return true;
  } catch (const boost::system::system_error&) {
    co_return false;  // cancelled: the client has gone
  }
}

}  // namespace

Connection::Connection(Socket socket, const ServerLimits& limits, std::string peer)
    : impl_(std::make_unique<Impl>(std::move(socket), limits, std::move(peer))) {}
Connection::~Connection() = default;

void Connection::close() {
  boost::system::error_code ignored;
  impl_->deadline.disarm();
  impl_->socket->close(ignored);
  if (impl_->taken) impl_->taken->close();
}

asio::awaitable<void> Connection::run(Service& service) {
  while (true) {
    RequestParser parser;
    parser.header_limit(static_cast<uint32_t>(impl_->limits.header_bytes_max));
    parser.body_limit(boost::none);  // the reader of the body bounds it
    bool has_head = co_await impl_->read_head(parser);
    if (!has_head) co_return;
    bool keep_alive = co_await impl_->answer(service, parser);
    if (!keep_alive) co_return;
  }
}

asio::awaitable<bool> Connection::Impl::read_head(RequestParser& parser) {
  if (buffer.size() == 0) {
    deadline.arm(limits.idle_timeout);
    const bool is_told = co_await wait_until_readable(*socket);
    if (!is_told) co_return false;
  }
  deadline.arm(limits.head_timeout);
  auto [ec, size] = co_await beast::http::async_read_header(*socket, buffer, parser, kAwaitTuple);
  deadline.disarm();
  if (!ec) co_return true;
  if (ec == beast::http::error::header_limit || ec == beast::http::error::buffer_overflow) {
    co_await refuse(431, "http: request header too large");
  } else if (ec.category() == make_error_code(beast::http::error::bad_method).category() &&
             ec != beast::http::error::end_of_stream && ec != beast::http::error::partial_message) {
    co_await refuse(400, "http: malformed request");
  }
  co_return false;
}

asio::awaitable<void> Connection::Impl::refuse(int status, std::string message) {
  Response response = Response::of_message(status, message);
  response.headers.set("Connection", "close");
  response.headers.set("Content-Length", std::to_string(response.body.size()));
  std::string text = format_response_head(status, reason_of(status), response.headers) + response.body;
  co_await send(text);
  boost::system::error_code ignored;
  socket->shutdown(Socket::shutdown_send, ignored);
}

asio::awaitable<bool> Connection::Impl::answer(Service& service, RequestParser& parser) {
  Request request = make_request(parser, peer);
  bool is_http10 = parser.get().version() < 11;
  bool keep_alive = parser.get().keep_alive() && !is_http10;
  bool expects_continue = request.headers.get("Expect") == "100-continue";
  ParserSource source(*socket, buffer, parser, deadline, limits.body_timeout, expects_continue);
  request.source = &source;

  Response response;
  try {
    response = co_await service.answer(request);
  } catch (const std::exception& e) {
    log_error("http-handler-failed", {{"path", request.path}, {"why", e.what()}});
    response = Response::of_message(500, "internal error");
  }
  if (!socket->is_open()) co_return false;
  response.headers.set("Date", format_http_date(system_clock().wall()));
  if (response.hijack) {
    co_await hand_over(request, response);
    co_return false;
  }
  // What was not read of the body stands between us and the next request.
  if (!parser.is_done()) keep_alive = false;
  if (!keep_alive) response.headers.set("Connection", "close");
  bool is_sent = false;
  if (response.stream) {
    is_sent = co_await send_stream(request, response, is_http10);
  } else {
    is_sent = co_await send_whole(request, response, keep_alive);
  }
  co_return is_sent&& keep_alive;
}

asio::awaitable<bool> Connection::Impl::send_whole(const Request& request, Response& response, bool keep_alive) {
  bool has_no_body = response.status == 204 || response.status == 304 || request.method == "HEAD";
  if (!has_no_body || (request.method == "HEAD" && !response.body.empty()))
    response.headers.set("Content-Length", std::to_string(response.body.size()));
  if (request.method == "HEAD" && response.body.empty() && !response.headers.has("Content-Length"))
    response.headers.set("Content-Length", "0");
  std::string text = format_response_head(response.status, reason_of(response.status), response.headers);
  if (!has_no_body) text += response.body;
  auto sent = co_await send(text);
  if (sent.ok() && response.on_sent) response.on_sent();
  if (!keep_alive) {
    boost::system::error_code ignored;
    socket->shutdown(Socket::shutdown_send, ignored);
  }
  co_return sent.ok();
}

asio::awaitable<bool> Connection::Impl::send_stream(const Request& request, Response& response, bool is_http10) {
  using namespace asio::experimental::awaitable_operators;
  if (!is_http10) response.headers.set("Transfer-Encoding", "chunked");
  std::string head = format_response_head(response.status, reason_of(response.status), response.headers);
  auto sent = co_await send(head);
  if (!sent.ok() || request.method == "HEAD") co_return sent.ok();
  ChunkSink sink([this](std::string_view bytes) { return send(bytes); }, !is_http10);
  auto outcome = co_await (run_stream(response, sink) || watch_client(*socket));
  bool is_whole = outcome.index() == 0 && std::get<0>(outcome) && !sink.is_broken();
  if (!is_whole || is_http10) co_return false;
  auto ended = co_await send(kLastChunk);
  co_return ended.ok();
}

asio::awaitable<void> Connection::Impl::hand_over(const Request& request, Response& response) {
  bool is_upgrade = request.wants_upgrade();
  if (is_upgrade) {
    response.headers.set("Connection", "Upgrade");
    if (!response.headers.has("Upgrade")) response.headers.set("Upgrade", "tcp");
  }
  const bool is_raw = !is_upgrade || response.headers.get("Upgrade") == "tcp";
  if (is_raw && !response.headers.has("Content-Type"))
    response.headers.set("Content-Type", "application/vnd.docker.raw-stream");
  int status = is_upgrade ? 101 : 200;
  std::string head = format_response_head(status, reason_of(status), response.headers);
  auto sent = co_await send(head);
  if (!sent.ok()) co_return;
  std::string early(static_cast<const char*>(buffer.data().data()), buffer.size());
  taken = std::make_unique<SocketStream>(std::move(*socket), std::move(early));
  co_await response.hijack(*taken);
}

}  // namespace skein::io::http
