// A user whose registry cannot be trusted is told why, in words that say what to do.
#include "io/http/web_client.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <fstream>

#include "io/http/socket_stream.h"
#include "io/rpc/tls/certificates_for_test.h"

namespace skein::io::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class WebClient : public testing::Test {
 protected:
  // A server with this identity, or without TLS, that answers one request "hi"; what a client is told.
  std::string ask(const std::optional<rpc::TlsIdentity>& identity, const std::string& trusted_pem) {
    const std::string file = testing::TempDir() + "skein-web-ca.crt";
    std::ofstream(file) << trusted_pem;
    asio::io_context loop;
    tcp::acceptor acceptor(loop, {asio::ip::address_v4::loopback(), 0});
    Result<Reply> reply = make_error(Code::kInternal, "");
    asio::co_spawn(loop, serve(acceptor, identity), asio::detached);
    auto client = [&]() -> asio::awaitable<void> {
      ClientRequest request;
      request.target = "/";
      request.timeout = std::chrono::seconds(30);
      const WebServer server{"localhost", acceptor.local_endpoint().port(), true, true, {file}};
      reply = co_await ask_web(server, request, 1000);
      loop.stop();
    };
    asio::co_spawn(loop, client(), asio::detached);
    loop.run();
    return reply.ok() ? reply->body : reply.error().what;
  }

 private:
  static asio::awaitable<void> serve(tcp::acceptor& acceptor, std::optional<rpc::TlsIdentity> identity) {
    auto [failed, socket] = co_await acceptor.async_accept(kAwaitTuple);
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    if (!identity) {
      (void)co_await asio::async_write(socket, asio::buffer(answer), kAwaitTuple);
      co_return;
    }
    asio::ssl::context context(asio::ssl::context::tls_server);
    context.use_certificate_chain(asio::buffer(identity->chain_pem));
    context.use_private_key(asio::buffer(identity->key_pem), asio::ssl::context::pem);
    asio::ssl::stream<tcp::socket> stream(std::move(socket), context);
    auto [refused] = co_await stream.async_handshake(asio::ssl::stream_base::server, kAwaitTuple);
    if (!refused) (void)co_await asio::async_write(stream, asio::buffer(answer), kAwaitTuple);
  }
};

TEST_F(WebClient, says_why_a_server_is_not_trusted) {
  const rpc::TestCa ca, other;
  rpc::TestSubject subject;
  subject.names = {"localhost"};
  const auto good = ca.issue(subject);
  EXPECT_EQ(ask(good, ca.root_pem()), "hi");
  EXPECT_EQ(ask(good, other.root_pem()), "x509: certificate signed by unknown authority");
  subject.names = {"elsewhere"};
  EXPECT_EQ(ask(ca.issue(subject), ca.root_pem()), "x509: certificate is not valid for localhost");
  subject.names = {"localhost"};
  subject.valid_to_seconds = -60;
  EXPECT_EQ(ask(ca.issue(subject), ca.root_pem()), "x509: certificate has expired or is not yet valid");
  EXPECT_EQ(ask(std::nullopt, ca.root_pem()), "http: server gave HTTP response to HTTPS client");
}

}  // namespace
}  // namespace skein::io::http
