#include "io/http/web_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "io/http/head.h"
#include "io/http/socket_stream.h"
#include "io/loop/timer.h"

namespace skein::io::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Closes what is used when its time is up, or the coroutine goes away.
struct WebConnection {
  explicit WebConnection(const asio::any_io_executor& executor) : resolver(executor), socket(executor) {}
  void close() {
    error_code ignored;
    resolver.cancel();
    socket.close(ignored);
  }
  tcp::resolver resolver;
  tcp::socket socket;
  bool is_late = false;
};

class TimeLimit {
 public:
  TimeLimit(const std::shared_ptr<WebConnection>& connection, Duration after)
      : timer_(connection->socket.get_executor(), after) {
    timer_.async_wait([connection](const error_code& error) {
      if (error) return;
      connection->is_late = true;
      connection->close();
    });
  }

 private:
  Timer timer_;
};

// As Go writes the system's errors.
std::string lower_first(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

template <class Stream>
asio::awaitable<Result<Reply>> exchange(Stream& stream, const std::string& question, bool is_head, size_t bytes_max) {
  auto [write_error, written] = co_await asio::async_write(stream, asio::buffer(question), kAwaitTuple);
  if (write_error) co_return make_error(Code::kUnavailable, write_error.message());
  beast::flat_buffer buffer;
  beast::http::response_parser<beast::http::string_body> parser;
  parser.body_limit(bytes_max);
  if (is_head) parser.skip(true);
  auto [read_error, size] = co_await beast::http::async_read(stream, buffer, parser, kAwaitTuple);
  if (read_error) co_return make_error(Code::kDataLoss, read_error.message());
  Reply out;
  out.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get()) out.headers.set(std::string(field.name_string()), std::string(field.value()));
  out.body = std::move(parser.get().body());
  co_return out;
}

error_code trust(asio::ssl::context& context, const WebServer& server) {
  error_code error;
  if (server.is_verified) context.set_default_verify_paths(error);
  for (const std::string& file : server.certificate_files)
    if (!error) context.load_verify_file(file, error);
  if (!error) context.set_verify_mode(server.is_verified ? asio::ssl::verify_peer : asio::ssl::verify_none, error);
  return error;
}

// In the words of Go's clients, as Podman says of the same.
std::string handshake_failure(SSL* tls, const error_code& error, const std::string& host) {
  const long verdict = SSL_get_verify_result(tls);
  switch (verdict) {
    case X509_V_OK: break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return "x509: certificate signed by unknown authority";
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED: return "x509: certificate has expired or is not yet valid";
    case X509_V_ERR_UNSPECIFIED: return "x509: certificate is not valid for " + host;  // host_name_verification's
    default: return "x509: " + lower_first(X509_verify_cert_error_string(verdict));
  }
  if (ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_WRONG_VERSION_NUMBER)
    return "http: server gave HTTP response to HTTPS client";
  return "tls: " + error.message();
}

asio::awaitable<Result<Reply>> exchange_by_tls(WebConnection& connection, const WebServer& server,
                                               const std::string& question, bool is_head, size_t bytes_max) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  if (auto error = trust(context, server)) co_return make_error(Code::kUnavailable, error.message());
  asio::ssl::stream<tcp::socket&> stream(connection.socket, context);
  SSL_set_tlsext_host_name(stream.native_handle(), server.host.c_str());
  if (server.is_verified) stream.set_verify_callback(asio::ssl::host_name_verification(server.host));
  auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, kAwaitTuple);
  if (error) co_return make_error(Code::kUnavailable, handshake_failure(stream.native_handle(), error, server.host));
  co_return co_await exchange(stream, question, is_head, bytes_max);
}

asio::awaitable<Result<Reply>> run(std::shared_ptr<WebConnection> connection, const WebServer& server,
                                   const std::string& question, bool is_head, size_t bytes_max) {
  auto [resolve_error, endpoints] = co_await connection->resolver.async_resolve(
      server.host, std::to_string(server.port), tcp::resolver::numeric_service, kAwaitTuple);
  if (resolve_error)
    co_return make_error(Code::kUnavailable, "dial tcp: lookup " + server.host + ": " + resolve_error.message());
  auto [connect_error, endpoint] = co_await asio::async_connect(connection->socket, endpoints, kAwaitTuple);
  if (connect_error)
    co_return make_error(Code::kUnavailable, "dial tcp " + server.host + ":" + std::to_string(server.port) +
                                                 ": connect: " + lower_first(connect_error.message()));
  if (server.is_tls) co_return co_await exchange_by_tls(*connection, server, question, is_head, bytes_max);
  co_return co_await exchange(connection->socket, question, is_head, bytes_max);
}

}  // namespace

std::string WebServer::url() const {
  const bool is_usual = port == (is_tls ? 443 : 80);
  return std::string(is_tls ? "https://" : "http://") + host + (is_usual ? "" : ":" + std::to_string(port));
}

asio::awaitable<Result<Reply>> ask_web(WebServer server, ClientRequest request, size_t body_bytes_max) {
  Headers headers = request.headers;
  headers.set("Host", server.url().substr(server.url().find("//") + 2));
  headers.set("Connection", "close");
  if (!request.body.empty()) headers.set("Content-Length", std::to_string(request.body.size()));
  const std::string question = format_request_head(request.method, request.target, headers) + request.body;
  auto connection = std::make_shared<WebConnection>(co_await asio::this_coro::executor);
  const TimeLimit limit(connection, request.timeout);
  auto reply = co_await run(connection, server, question, request.method == "HEAD", body_bytes_max);
  if (connection->is_late) co_return make_error(Code::kDeadlineExceeded, "no answer in time from " + server.url());
  co_return reply;
}

}  // namespace skein::io::http
