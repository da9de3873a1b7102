// Port 2377 is open to whoever can reach it. Nothing that arrives there may stop, fill or confuse a manager; and what
// real Docker workers send, to the letter, must work.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/no_descriptors_for_test.h"
#include "base/random.h"
#include "io/rpc/http2/framing.h"
#include "io/rpc/loopback_for_test.h"

namespace skein::rpc {
namespace {

class Hostile : public Loopback {
 protected:
  void register_methods() override {
    server->unary_bytes("/test/echo", [this](const Call& call, std::string request) -> awaitable<Result<std::string>> {
      seen = call.peer();
      ++handled;
      co_return request;
    });
    server->server_stream_bytes("/test/watch", [this](const std::string&, const std::shared_ptr<ServerStream>& stream) {
      EXPECT_TRUE(stream->send("first").ok());
      streams.push_back(stream);
    });
    server->client_stream_bytes(
        "/test/publish", [](const Call&, std::shared_ptr<RequestReader> reader) -> awaitable<Result<std::string>> {
          while (true) {
            Result<std::optional<std::string>> message = co_await reader->next();
            if (!message.ok()) co_return message.error();
            if (!message->has_value()) co_return "";
          }
        });
  }
  std::shared_ptr<RawPeer> raw() {
    auto peer = std::make_shared<RawPeer>(io);
    peer->connect(port);
    return peer;
  }
  std::shared_ptr<RawPeer> raw_tls(bool offers_alpn = true) {
    auto peer = raw();
    peer->start_tls(worker_tls->identity(), offers_alpn);
    SKEIN_ASSERT(run_until([&] { return peer->is_open(); }));
    return peer;
  }
  std::shared_ptr<RawPeer> raw_http2(bool offers_alpn = true) {
    auto peer = raw_tls(offers_alpn);
    peer->start_http2();
    peer->flush();
    SKEIN_ASSERT(run_until([&] { return peer->is_settled; }));
    return peer;
  }
  // The header block that answers this request.
  HeaderList ask(const HeaderList& headers, const std::string& body) {
    auto peer = raw_http2();
    int32_t id = *peer->session->request(headers);
    peer->session->send_body(id, body);
    peer->session->end_body(id);
    peer->flush();
    EXPECT_TRUE(run_until([&] { return peer->blocks > 0 || peer->is_gone; }));
    return peer->headers;
  }
  void expect_alive() {
    auto channel = connect();
    EXPECT_EQ(*run(channel->unary_bytes("/test/echo", "still here")), "still here");
  }

  Peer seen;
  int handled = 0;
  std::vector<std::shared_ptr<ServerStream>> streams;
};

std::string value_of(const HeaderList& headers, const std::string& name) {
  for (const auto& [each, value] : headers)
    if (each == name) return value;
  return "(none)";
}

HeaderList post(const std::string& path) {
  return {{":method", "POST"},
          {":scheme", "https"},
          {":path", path},
          {":authority", "10.77.0.1:2377"},
          {"content-type", "application/grpc"},
          {"te", "trailers"}};
}

TEST_F(Hostile, a_worker_whose_certificate_was_renewed_offers_no_alpn_and_is_served) {
  serve();
  auto peer = raw_http2(false);
  int32_t id = *peer->session->request(post("/test/echo"));
  peer->session->send_body(id, frame_message("no alpn"));
  peer->session->end_body(id);
  peer->flush();
  EXPECT_TRUE(run_until([&] { return peer->blocks == 2; }));
  EXPECT_EQ(peer->body, frame_message("no alpn"));
  EXPECT_EQ(value_of(peer->headers, "grpc-status"), "0");
  EXPECT_EQ(seen.common_name, "worker1");
}

TEST_F(Hostile, every_recorded_header_list_of_docker_is_taken) {
  serve();
  std::ifstream file(std::string(SKEIN_TEST_DATA) + "/rpc/http2-headers.json");
  nlohmann::json recorded = nlohmann::json::parse(file);
  int count = 0;
  for (const auto& [method, calls] : recorded.items()) {
    for (const auto& request : calls["requests"]) {
      const auto& raw = request["request_headers_raw"];
      HeaderList headers;
      for (size_t i = 0; i + 1 < raw.size(); i += 2) headers.emplace_back(raw[i], raw[i + 1]);
      std::string path = value_of(headers, ":path");
      server->unary_bytes(path,
                          [](const Call&, std::string text) -> awaitable<Result<std::string>> { co_return text; });
      auto peer = raw_http2(request["alpn"] != false);
      int32_t id = *peer->session->request(headers);
      peer->session->send_body(id, frame_message("x"));
      peer->session->end_body(id);
      peer->flush();
      ASSERT_TRUE(run_until([&] { return peer->blocks == 2; })) << method;
      EXPECT_EQ(value_of(peer->headers, "grpc-status"), "0") << method;
      EXPECT_EQ(value_of(peer->headers, "grpc-message"), "") << method;
      ++count;
    }
  }
  EXPECT_GE(count, 8);
}

TEST_F(Hostile, what_is_not_grpc_is_refused_with_its_status) {
  serve();
  HeaderList json = post("/test/echo");
  json[4].second = "application/json";
  HeaderList answer = ask(json, frame_message("x"));
  EXPECT_EQ(value_of(answer, ":status"), "415");
  EXPECT_EQ(value_of(answer, "grpc-status"), "3");
  HeaderList get = post("/test/echo");
  get[0].second = "GET";
  EXPECT_EQ(value_of(ask(get, ""), ":status"), "405");
  HeaderList timeout = post("/test/echo");
  timeout.emplace_back("grpc-timeout", "soon");
  EXPECT_EQ(value_of(ask(timeout, frame_message("x")), ":status"), "400");
  EXPECT_EQ(handled, 0);
}

TEST_F(Hostile, malformed_messages_end_their_call_only) {
  serve();
  EXPECT_EQ(value_of(ask(post("/test/echo"), std::string("\1\0\0\0\1x", 6)), "grpc-status"), "12");
  EXPECT_EQ(value_of(ask(post("/test/echo"), std::string("\7\0\0\0\1x", 6)), "grpc-status"), "13");
  EXPECT_EQ(value_of(ask(post("/test/echo"), std::string("\0\xff\xff\xff\xff", 5)), "grpc-status"), "8");
  EXPECT_EQ(value_of(ask(post("/test/echo"), std::string("\0\0\0\0\5x", 6)), "grpc-status"), "13");
  EXPECT_EQ(value_of(ask(post("/test/echo"), frame_message("a") + frame_message("b")), "grpc-status"), "13");
  EXPECT_EQ(value_of(ask(post("/test/echo"), ""), "grpc-status"), "13");
  EXPECT_EQ(value_of(ask(post("/test/publish"), std::string("\0\0\0\0\5x", 6)), "grpc-status"), "13");
  EXPECT_EQ(handled, 0);
  expect_alive();
}

TEST_F(Hostile, a_header_list_without_end_is_refused) {
  serve();
  HeaderList headers = post("/test/echo");
  for (int i = 0; i < 400; ++i) headers.emplace_back("x-" + std::to_string(i), std::string(50, 'v'));
  auto peer = raw_http2();
  ASSERT_TRUE(peer->session->request(headers).ok());
  peer->flush();
  expect_alive();
  EXPECT_EQ(handled, 1);
  EXPECT_EQ(peer->blocks, 0);
}

TEST_F(Hostile, garbage_and_silence_are_hung_up_on) {
  ServerOptions options;
  options.handshake_timeout = 100ms;
  serve(options);
  auto garbage = raw();
  garbage->send_raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto silent = raw();
  auto silent_after_tls = raw_tls();
  auto garbage_after_tls = raw_tls();
  garbage_after_tls->send_plain("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(run_until(
      [&] { return garbage->is_gone && silent->is_gone && silent_after_tls->is_gone && garbage_after_tls->is_gone; }));
  garbage.reset(), silent.reset(), silent_after_tls.reset(), garbage_after_tls.reset();
  EXPECT_TRUE(run_until([&] { return server->connections() == 0; }));
  expect_alive();
}

TEST_F(Hostile, connections_beyond_the_limits_are_closed_and_make_room_when_they_end) {
  ServerOptions options;
  options.handshakes_max = 3;
  serve(options);
  std::vector<std::shared_ptr<RawPeer>> idle{raw(), raw(), raw()};
  ASSERT_TRUE(run_until([&] { return server->connections() == 3; }));
  auto refused = raw();
  EXPECT_TRUE(run_until([&] { return refused->is_gone; }));
  EXPECT_EQ(server->connections(), 3u);
  for (auto& peer : idle) peer->vanish();
  EXPECT_TRUE(run_until([&] { return server->connections() == 0; }));
  expect_alive();
}

TEST_F(Hostile, without_descriptors_the_server_waits_and_then_goes_on) {
  serve();
  auto peer = raw();
  ASSERT_TRUE(run_until([&] { return server->connections() == 1; }));
  boost::asio::ip::tcp::socket waiting(io);
  waiting.connect({boost::asio::ip::address_v4::loopback(), port});  // in the queue of what is to be accepted
  EXPECT_LT(handlers_without_descriptors(io), kHandlersOfAPatientLoop);
  EXPECT_TRUE(run_until([&] { return server->connections() == 2; }));
  expect_alive();
}

TEST_F(Hostile, calls_beyond_the_limit_of_a_connection_are_refused) {
  ServerOptions options;
  options.calls_max = 4;
  serve(options);
  auto peer = raw_tls();
  // The client preface, SETTINGS, and ten requests whose bodies never come, without waiting for the server's limit.
  std::string bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9);
  std::string block(
      "\x83\x87\x04\x0a/test/echo\x5f\x10"
      "application/grpc",
      31);
  for (char id = 1; id < 21; id = static_cast<char>(id + 2)) bytes += std::string("\0\0\x1f\1\4\0\0\0", 8) + id + block;
  peer->send_plain(bytes);
  auto resets = [&] {
    size_t count = 0;
    const std::string rst("\0\0\4\3\0\0\0\0", 8);
    for (size_t at = 0; (at = peer->received.find(rst, at)) != std::string::npos; ++at) ++count;
    return count;
  };
  EXPECT_TRUE(run_until([&] { return resets() == 6 || peer->is_gone; }));
  EXPECT_LE(server->running_calls(), 4u);
  expect_alive();
}

TEST_F(Hostile, requests_that_never_end_stay_within_the_buffer_limit) {
  ServerOptions options;
  options.connection_buffer_bytes_max = 1 << 20;
  serve(options);
  auto channel = connect();
  auto peer = raw_http2();
  std::string part = std::string("\0\0\x20\0\0", 5) + std::string(200'000, 'x');  // of 2 MiB announced
  for (int i = 0; i < 20; ++i) {
    Result<int32_t> id = peer->session->request(post("/test/echo"));
    ASSERT_TRUE(id.ok());
    peer->session->send_body(*id, part);
  }
  peer->flush();
  EXPECT_TRUE(run_until([&] { return peer->blocks > 0; }));
  EXPECT_EQ(value_of(peer->headers, "grpc-status"), "8");
  EXPECT_EQ(*run(channel->unary_bytes("/test/echo", "x")), "x") << "another connection is not concerned";
  peer->vanish();
  EXPECT_TRUE(run_until([&] { return server->connections() == 1; }));
}

TEST_F(Hostile, reset_floods_do_not_pile_up) {
  serve();
  auto peer = raw_http2();
  for (int round = 0; round < 200 && !peer->is_gone; ++round) {
    for (int i = 0; i < 50; ++i) {
      Result<int32_t> id = peer->session->request(post("/test/watch"));
      if (!id.ok()) break;
      peer->session->send_body(*id, frame_message(""));
      peer->session->end_body(*id);
      peer->flush();
      peer->session->reset(*id, ResetCode::kCancel);
    }
    peer->flush();
    io.restart();
    io.poll();
    ASSERT_LE(server->running_calls(), 512u);
  }
  expect_alive();
}

// Bytes of a proper conversation, damaged: whatever comes, the server answers or hangs up, and goes on serving.
TEST_F(Hostile, mutated_conversations_never_break_the_server) {
  ServerOptions options;
  options.handshake_timeout = 5s;
  serve(options);
  SeededRandom random(20261122);
  std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  for (int round = 0; round < 150; ++round) {
    struct Ignore final : Http2Events {
      void on_headers(int32_t, HeaderList, bool) override {}
      void on_body(int32_t, std::string_view) override {}
      void on_body_end(int32_t) override {}
      void on_sent(int32_t) override {}
      void on_stream_closed(int32_t, uint32_t) override {}
      void on_goaway(int32_t, uint32_t, std::string_view) override {}
      void on_settings() override {}
    } ignore;
    Http2Session client(Http2Session::Role::kClient, Http2Limits{}, ignore);
    const char* paths[] = {"/test/echo", "/test/watch", "/test/publish", "/unknown"};
    std::string bytes = client.take_output(1 << 16);
    for (int call = 0; call < 4; ++call) {
      int32_t id = *client.request(post(paths[random.below(4)]));
      client.send_body(id, frame_message(std::string(random.below(300), 'b')));
      if (random.below(3) != 0) client.end_body(id);
      bytes += client.take_output(1 << 16);
      if (random.below(4) == 0) client.reset(id, ResetCode::kCancel);
      if (random.below(4) == 0) client.ping();
    }
    bytes += client.take_output(1 << 16);
    for (uint64_t i = 1 + random.below(8); i > 0; --i) {
      size_t at = preface.size() + random.below(bytes.size() - preface.size());
      switch (random.below(3)) {
        case 0: bytes[at] = static_cast<char>(random.below(256)); break;
        case 1: bytes.erase(at, 1 + random.below(5)); break;
        default: bytes.insert(at, std::string(1 + random.below(5), static_cast<char>(random.below(256))));
      }
    }
    auto peer = raw_tls(random.below(2) == 0);
    for (size_t at = 0; at < bytes.size();) {
      size_t length = 1 + random.below(200);
      peer->send_plain(bytes.substr(at, length));
      at += length;
      io.restart();
      io.poll();
    }
    if (random.below(2) == 0) peer->vanish();
  }
  streams.clear();
  expect_alive();
  EXPECT_GT(handled, 1);
}

}  // namespace
}  // namespace skein::rpc
