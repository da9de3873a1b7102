#include "io/http/http_client.h"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <nlohmann/json.hpp>

#include "io/http/head.h"
#include "io/http/socket_stream.h"
#include "io/loop/timer.h"

namespace skein::io::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

Result<nlohmann::json> Reply::json() const {
  auto value = nlohmann::json::parse(body, nullptr, false);
  if (value.is_discarded()) return make_error(Code::kDataLoss, "the answer is no JSON");
  return value;
}

std::string Reply::message() const {
  auto value = nlohmann::json::parse(body, nullptr, false);
  if (value.is_object() && value.contains("message") && value["message"].is_string()) return value["message"];
  return body;
}

namespace {

using ResponseParser = beast::http::response_parser<beast::http::buffer_body>;

constexpr uint32_t kHeaderBytesMax = 1u << 20;  // archive answers carry base64 in a header

// One connection with one request on it.
class Exchange final : public ReplyStream {
 public:
  explicit Exchange(asio::any_io_executor executor) : socket_(executor), timer_(executor) {
    parser_.header_limit(kHeaderBytesMax);
    parser_.body_limit(boost::none);
  }
  ~Exchange() override { timer_.cancel(); }

  asio::awaitable<Result<void>> start(const std::string& path, ClientRequest& request);
  asio::awaitable<Result<std::string>> read_some() override;
  // After start(): the connection without HTTP.
  std::unique_ptr<ByteStream> take() {
    std::string early(static_cast<const char*>(buffer_.data().data()), buffer_.size());
    return std::make_unique<SocketStream>(std::move(socket_), std::move(early));
  }

 private:
  asio::awaitable<Result<void>> send(ClientRequest& request);
  asio::awaitable<Result<void>> send_source(BodySource& source);
  asio::awaitable<Result<void>> read_head(const ClientRequest& request);
  void arm(std::chrono::milliseconds timeout);

  Socket socket_;
  Timer timer_;
  beast::flat_buffer buffer_;
  ResponseParser parser_;
  std::shared_ptr<bool> is_late_ = std::make_shared<bool>(false);
};

void Exchange::arm(std::chrono::milliseconds timeout) {
  if (timeout.count() == 0) return;
  timer_.expires_after(timeout);
  timer_.async_wait([this, late = is_late_](const boost::system::error_code& ec) {
    // The destructor cancels, but an expiry already queued still runs: `late` is then held by nobody else.
    if (ec || late.use_count() == 1) return;
    *late = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
  });
}

asio::awaitable<Result<void>> Exchange::start(const std::string& path, ClientRequest& request) {
  arm(request.timeout);
  boost::system::error_code ec;
  socket_.open(asio::generic::stream_protocol(AF_UNIX, 0), ec);
  if (ec) co_return socket_error("socket", ec);
  asio::local::stream_protocol::endpoint endpoint(path);
  auto [connect_ec] = co_await socket_.async_connect(endpoint, kAwaitTuple);
  if (connect_ec) co_return socket_error(("connect to " + path).c_str(), connect_ec);
  // A server may answer before it has read everything (an error, mostly), so a failed send is not yet a failure.
  auto sent = co_await send(request);
  auto got = co_await read_head(request);
  timer_.cancel();
  if (*is_late_) co_return make_error(Code::kDeadlineExceeded, "no answer in time on " + path);
  if (!got.ok() && !sent.ok()) co_return sent;
  co_return got;
}

asio::awaitable<Result<void>> Exchange::send(ClientRequest& request) {
  Headers headers = request.headers;
  if (!headers.has("Host")) headers.set("Host", "localhost");
  if (!headers.has("Connection")) headers.set("Connection", "close");
  if (request.source != nullptr) {
    headers.set("Transfer-Encoding", "chunked");
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    headers.set("Content-Length", std::to_string(request.body.size()));
  }
  std::string text = format_request_head(request.method, request.target, headers);
  if (request.source == nullptr) text += request.body;
  auto [ec, size] = co_await asio::async_write(socket_, asio::buffer(text), kAwaitTuple);
  if (ec) co_return socket_error("send request", ec);
  if (request.source == nullptr) co_return Result<void>();
  auto sent = co_await send_source(*request.source);
  co_return sent;
}

asio::awaitable<Result<void>> Exchange::send_source(BodySource& source) {
  while (true) {
    auto piece = co_await source.read_some();
    if (!piece.ok()) {
      // Cut off, so that the other side does not take the part for the whole.
      boost::system::error_code ignored;
      socket_.close(ignored);
      co_return piece.error();
    }
    std::string chunk = piece->empty() ? std::string(kLastChunk) : format_chunk(*piece);
    auto [ec, size] = co_await asio::async_write(socket_, asio::buffer(chunk), kAwaitTuple);
    if (ec) co_return socket_error("send request body", ec);
    if (piece->empty()) co_return Result<void>();
  }
}

asio::awaitable<Result<void>> Exchange::read_head(const ClientRequest& request) {
  if (request.method == "HEAD") parser_.skip(true);
  auto [ec, size] = co_await beast::http::async_read_header(socket_, buffer_, parser_, kAwaitTuple);
  if (ec) co_return make_error(Code::kDataLoss, "the connection broke before an answer", ec.message());
  head.status = static_cast<int>(parser_.get().result_int());
  for (const auto& field : parser_.get())
    head.headers.set(std::string(field.name_string()), std::string(field.value()));
  co_return Result<void>();
}

asio::awaitable<Result<std::string>> Exchange::read_some() {
  if (parser_.is_done()) co_return std::string();
  std::string piece(kPieceBytes, '\0');
  auto& body = parser_.get().body();
  body.data = piece.data();
  body.size = piece.size();
  while (!parser_.is_done() && body.size == piece.size()) {
    auto [ec, size] = co_await beast::http::async_read_some(socket_, buffer_, parser_, kAwaitTuple);
    if (ec == beast::http::error::need_buffer) break;
    if (ec == asio::error::operation_aborted) co_return make_error(Code::kCanceled, "read the answer");
    if (ec) co_return make_error(Code::kDataLoss, "the answer breaks off", ec.message());
  }
  piece.resize(piece.size() - body.size);
  co_return piece;
}

}  // namespace

Client::Client(asio::any_io_executor executor, std::string socket_path)
    : executor_(std::move(executor)), socket_path_(std::move(socket_path)) {}

asio::awaitable<Result<Reply>> Client::call(ClientRequest request, size_t body_bytes_max) {
  Exchange exchange(executor_);
  auto started = co_await exchange.start(socket_path_, request);
  if (!started.ok()) co_return started.error();
  auto body = co_await read_all(exchange, body_bytes_max);
  if (!body.ok()) co_return body.error();
  exchange.head.body = std::move(*body);
  co_return std::move(exchange.head);
}

asio::awaitable<Result<std::unique_ptr<ReplyStream>>> Client::open(ClientRequest request) {
  auto exchange = std::make_unique<Exchange>(executor_);
  auto started = co_await exchange->start(socket_path_, request);
  if (!started.ok()) co_return started.error();
  co_return std::unique_ptr<ReplyStream>(std::move(exchange));
}

asio::awaitable<Result<Hijacked>> Client::hijack(ClientRequest request) {
  request.headers.set("Connection", "Upgrade");
  request.headers.set("Upgrade", "tcp");
  Exchange exchange(executor_);
  auto started = co_await exchange.start(socket_path_, request);
  if (!started.ok()) co_return started.error();
  Hijacked result;
  if (exchange.head.status == 101 || exchange.head.status == 200) {
    result.head = std::move(exchange.head);
    result.stream = exchange.take();
    co_return result;
  }
  auto body = co_await read_all(exchange, 1u << 20);
  if (!body.ok()) co_return body.error();
  result.head = std::move(exchange.head);
  result.head.body = std::move(*body);
  co_return result;
}

}  // namespace skein::io::http
