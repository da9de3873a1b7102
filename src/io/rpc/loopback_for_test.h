// A server and its clients on one host, driven until a condition holds: by the kernel's loopback in real time, or by a
// simulated network in virtual time.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "io/loop/virtual_loop.h"
#include "io/rpc/client.h"
#include "io/rpc/http2/http2_session.h"
#include "io/rpc/in_process/network.h"
#include "io/rpc/server.h"
#include "io/rpc/tls/certificates_for_test.h"

namespace skein::rpc {

using boost::asio::awaitable;
using namespace std::chrono_literals;

inline IpAddress loopback() { return IpAddress::from(Ipv4{0x7f000001}); }

inline std::shared_ptr<TlsConfig> tls_of(const TlsIdentity& identity) {
  Result<std::shared_ptr<TlsConfig>> config = TlsConfig::create(identity);
  SKEIN_ASSERT(config.ok());
  return *config;
}

enum class Carrier { kTcp, kInProcess };
inline void PrintTo(Carrier carrier, std::ostream* out) { *out << (carrier == Carrier::kTcp ? "tcp" : "in_process"); }

class Loopback : public ::testing::Test {
 protected:
  explicit Loopback(Carrier carrier = Carrier::kTcp)
      : simulated(carrier == Carrier::kInProcess ? std::make_unique<Simulated>() : nullptr) {}
  void serve(ServerOptions options = {}) {
    server = std::make_unique<Server>(io.get_executor(), transport(), server_tls, options);
    register_methods();
    Result<uint16_t> bound = server->listen(loopback(), 0);
    SKEIN_ASSERT(bound.ok());
    port = *bound;
  }
  virtual void register_methods() {}

  // Runs the loop until `condition`, for at most 60 s.
  bool run_until(const std::function<bool()>& condition) {
    if (simulated) return simulated->loop.run_until_true(60s, condition);
    auto give_up = std::chrono::steady_clock::now() + 60s;
    io.restart();
    while (!condition() && std::chrono::steady_clock::now() < give_up) io.run_one_for(100ms);
    return condition();
  }

  template <class T>
  T run(awaitable<T> work) {
    auto outcome = std::make_shared<std::optional<T>>();
    boost::asio::co_spawn(
        io,
        [](awaitable<T> inner, std::shared_ptr<std::optional<T>> result) -> awaitable<void> {
          result->emplace(co_await std::move(inner));
        }(std::move(work), outcome),
        [](const std::exception_ptr& error) { SKEIN_ASSERT(!error); });
    SKEIN_ASSERT(run_until([&] { return outcome->has_value(); }));
    return std::move(**outcome);
  }

  Result<std::shared_ptr<Channel>> try_connect(ClientTls tls, ChannelOptions options = {}) {
    return run(Channel::connect(transport(), {"127.0.0.1", port}, std::move(tls), std::move(options)));
  }
  std::shared_ptr<Channel> connect(ChannelOptions options = {}) {
    auto channel = try_connect(ClientTls::verified(worker_tls, "swarm-manager"), std::move(options));
    SKEIN_ASSERT(channel.ok());
    return *channel;
  }

  Transport& transport() { return simulated ? simulated->network.host(loopback()) : tcp_transport(); }

  struct Simulated {
    io::VirtualLoop loop;
    InProcessNetwork network{loop.context()};
  };
  std::unique_ptr<Simulated> simulated;
  boost::asio::io_context real{1};
  boost::asio::io_context& io = simulated ? simulated->loop.context() : real;
  TestCa ca;
  std::shared_ptr<TlsConfig> server_tls = tls_of(ca.issue({}));
  std::shared_ptr<TlsConfig> worker_tls =
      tls_of(ca.issue({.common_name = "worker1", .organizational_unit = "swarm-worker", .names = {"swarm-worker"}}));
  std::unique_ptr<Server> server;
  uint16_t port = 0;
};

// For what must hold on both: INSTANTIATE_TEST_SUITE_P(…, kCarriers, kCarrierName).
class LoopbackOverBoth : public Loopback, public ::testing::WithParamInterface<Carrier> {
 protected:
  LoopbackOverBoth() : Loopback(GetParam()) {}
};
inline const auto kCarriers = ::testing::Values(Carrier::kTcp, Carrier::kInProcess);
inline const auto kCarrierName = [](const ::testing::TestParamInfo<Carrier>& info) {
  return ::testing::PrintToString(info.param);
};

// A peer that does what it is told and no more: TLS with or without ALPN, then any bytes, or HTTP/2 by its own session.
class RawPeer : public Http2Events, public std::enable_shared_from_this<RawPeer> {
 public:
  explicit RawPeer(boost::asio::io_context& io) : socket_(io) {}

  void connect(uint16_t port) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    read();
  }
  void start_tls(const TlsIdentity& identity, bool offers_alpn) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    ssl_.reset(SSL_new(context_.get()));
    if (!identity.chain_pem.empty()) use(identity);
    if (offers_alpn) SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>("\2h2"), 3);
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
    pump();
  }
  bool is_open() const { return ssl_ && SSL_is_init_finished(ssl_.get()); }
  void start_http2() { session = std::make_unique<Http2Session>(Http2Session::Role::kClient, Http2Limits{}, *this); }
  void send_plain(const std::string& bytes) {
    SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    pump();
  }
  void send_raw(const std::string& bytes) {
    waiting_ += bytes;
    if (writing_.empty()) write();
  }
  void flush() {
    for (std::string frames; !(frames = session->take_output(1 << 20)).empty();) send_plain(frames);
  }
  void vanish() {
    boost::system::error_code ignored;
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);  // a reset, as of a killed host
    socket_.close(ignored);
  }
  void stop_reading() { is_reading_ = false; }

  std::unique_ptr<Http2Session> session;
  std::string received;  // plain bytes when there is no session
  HeaderList headers;    // of the last header block
  std::string body;
  int blocks = 0;  // header blocks received
  bool is_gone = false;
  bool is_settled = false;

 private:
  void on_headers(int32_t, HeaderList list, bool) override { headers = std::move(list), ++blocks; }
  void on_body(int32_t stream, std::string_view bytes) override {
    body += bytes, session->consume(stream, bytes.size());
  }
  void on_body_end(int32_t) override {}
  void on_sent(int32_t) override {}
  void on_stream_closed(int32_t, uint32_t) override {}
  void on_goaway(int32_t, uint32_t, std::string_view) override {}
  void on_settings() override { is_settled = true; }

  void use(const TlsIdentity& identity) {
    std::unique_ptr<BIO, OpensslFree<BIO_free_all>> chain(BIO_new_mem_buf(identity.chain_pem.data(), -1));
    std::unique_ptr<BIO, OpensslFree<BIO_free_all>> key(BIO_new_mem_buf(identity.key_pem.data(), -1));
    X509Pointer leaf(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
    TestKey private_key(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
    SSL_use_certificate(ssl_.get(), leaf.get());
    SSL_use_PrivateKey(ssl_.get(), private_key.get());
  }
  void write() {
    writing_ = std::exchange(waiting_, {});
    boost::asio::async_write(socket_, boost::asio::buffer(writing_), [self = shared_from_this()](auto error, size_t) {
      self->writing_.clear();
      if (!error && !self->waiting_.empty()) self->write();
    });
  }
  void read() {
    socket_.async_read_some(boost::asio::buffer(input_), [self = shared_from_this()](auto error, size_t bytes) {
      if (error) return void(self->is_gone = true);
      if (self->ssl_) {
        BIO_write(SSL_get_rbio(self->ssl_.get()), self->input_.data(), static_cast<int>(bytes));
        self->pump();
      }
      if (self->is_reading_) self->read();
    });
  }
  void pump() {
    std::array<char, 20'000> plain;
    int got;
    while ((got = SSL_read(ssl_.get(), plain.data(), plain.size())) > 0) {
      std::string_view bytes(plain.data(), static_cast<size_t>(got));
      if (session == nullptr) {
        received += bytes;
      } else {
        (void)session->receive(bytes).ok();
        std::string frames = session->take_output(1 << 20);
        if (!frames.empty()) SSL_write(ssl_.get(), frames.data(), static_cast<int>(frames.size()));
      }
    }
    std::string out(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
    if (out.empty()) return;
    BIO_read(SSL_get_wbio(ssl_.get()), out.data(), static_cast<int>(out.size()));
    send_raw(out);
  }

  boost::asio::ip::tcp::socket socket_;
  std::array<char, 16'384> input_;
  SslContext context_;
  Ssl ssl_;
  bool is_reading_ = true;
  std::string waiting_;  // to be written after writing_
  std::string writing_;
};

}  // namespace skein::rpc
