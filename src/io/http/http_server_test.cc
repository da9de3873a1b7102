// A user's `docker exec`, `docker load` or a port scanner must not be able to hang or confuse the daemon.
#include "io/http/http_server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>

#include "base/no_descriptors_for_test.h"
#include "io/http/http_client.h"
#include "io/http/socket_stream.h"
#include "io/loop/timer.h"

namespace skein::io::http {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

// Server and client on one loop, so that a test is one coroutine.
class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    std::string pattern = testing::TempDir() + "skein-http-XXXXXX";
    folder = ::mkdtemp(pattern.data());
    path = folder + "/api.sock";
    router.add("GET", "/throw", [](Request&) -> awaitable<Response> {
      throw std::runtime_error("oops");
      co_return Response();
    });
    add_bodies();
    add_streams();
    add_upper();
  }
  ~ServerTest() override { std::filesystem::remove_all(folder); }

  void add_bodies() {
    router.add("POST", "/echo", [](Request& r) -> awaitable<Response> { co_return Response::of_text(200, r.body); });
    router.add(
        "POST", "/count",
        [](Request& r) -> awaitable<Response> {
          size_t total = 0;
          while (true) {
            auto piece = co_await r.source->read_some();
            if (!piece.ok()) co_return Response::of_error(piece.error());
            if (piece->empty()) co_return Response::of_text(200, std::to_string(total));
            total += piece->size();
          }
        },
        BodyMode::kStreamed);
  }

  void add_streams() {
    router.add("GET", "/stream", [](Request&) -> awaitable<Response> {
      Response response;
      response.stream = [](BodySink& sink) -> awaitable<void> {
        for (const char* line : {"one\n", "two\n", "three\n"}) {
          auto written = co_await sink.write(line);
          if (!written.ok()) co_return;
        }
      };
      co_return response;
    });
    router.add("GET", "/endless", [this](Request&) -> awaitable<Response> {
      Response response;
      response.stream = [this](BodySink& sink) -> awaitable<void> {
        struct AtEnd {
          bool& flag;
          ~AtEnd() { flag = true; }
        } at_end{is_endless_over};
        auto written = co_await sink.write("begin\n");
        EXPECT_TRUE(written.ok());
        Timer never(loop, TimePoint::never());
        co_await never.async_wait(asio::use_awaitable);
      };
      co_return response;
    });
  }

  // The connection becomes a stream, whose bytes return in upper case until its end.
  void add_upper() {
    router.add("POST", "/upper", [](Request&) -> awaitable<Response> {
      Response response;
      response.hijack = [](ByteStream& stream) -> awaitable<void> {
        std::array<char, 64> buffer;
        while (true) {
          auto size = co_await stream.read_some(buffer);
          if (!size.ok() || *size == 0) break;
          std::string text(buffer.data(), *size);
          for (char& c : text) c = static_cast<char>(std::toupper(c));
          auto written = co_await stream.write(text);
          EXPECT_TRUE(written.ok());
        }
        auto written = co_await stream.write("BYE");
        EXPECT_TRUE(written.ok());
        stream.end_writing();
      };
      co_return response;
    });
  }

  void serve() {
    server = std::make_unique<Server>(loop, router, limits);
    auto listening = server->listen_unix(path, "no-such-group");
    ASSERT_TRUE(listening.ok()) << listening.error().text();
  }

  void run(const std::function<awaitable<void>()>& test) {
    bool is_done = false;
    asio::co_spawn(loop, test(), [&](const std::exception_ptr& e) {
      is_done = true;
      server->stop();
      if (e) std::rethrow_exception(e);
    });
    loop.run_for(std::chrono::seconds(20));
    EXPECT_TRUE(is_done) << "the test hangs";
  }

  // Sends raw bytes and returns everything until the server closes.
  awaitable<std::string> raw(std::string bytes, bool end_writing = false) {
    asio::local::stream_protocol::socket socket(loop);
    co_await socket.async_connect(asio::local::stream_protocol::endpoint(path), asio::use_awaitable);
    (void)co_await asio::async_write(socket, asio::buffer(bytes), kAwaitTuple);
    if (end_writing) socket.shutdown(asio::socket_base::shutdown_send);
    std::string got;
    (void)co_await asio::async_read(socket, asio::dynamic_buffer(got), kAwaitTuple);
    co_return got;
  }

  asio::io_context loop{1};
  Router router{RouterOptions{.body_bytes_max = 100'000}};
  ServerLimits limits;
  std::unique_ptr<Server> server;
  std::string folder, path;
  bool is_endless_over = false;
};

TEST_F(ServerTest, a_request_is_answered_and_the_connection_kept) {
  serve();
  run([&]() -> awaitable<void> {
    std::string one = "POST /v1.41/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n";
    std::string got =
        co_await raw(one + "ab" + one + "cd" + "GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(got.find("\r\n\r\nabHTTP/1.1 200 OK"), got.npos) << got;
    EXPECT_NE(got.find("\r\n\r\ncdHTTP/1.1 200 OK"), got.npos) << got;
    EXPECT_TRUE(got.ends_with("4\r\none\n\r\n4\r\ntwo\n\r\n6\r\nthree\n\r\n0\r\n\r\n")) << got;
  });
}

// Whoever asked has all of it by then, whatever becomes of us.
TEST_F(ServerTest, an_answer_is_told_to_be_sent_when_it_is_in_the_socket) {
  asio::local::stream_protocol::socket client(loop);
  size_t sent_bytes = 0;
  router.add("GET", "/told", [&](Request&) -> awaitable<Response> {
    Response response = Response::of_text(200, "all of it");
    response.on_sent = [&] { sent_bytes = client.available(); };
    EXPECT_EQ(client.available(), 0U);
    co_return response;
  });
  serve();
  run([&]() -> awaitable<void> {
    co_await client.async_connect(asio::local::stream_protocol::endpoint(path), asio::use_awaitable);
    const std::string question = "GET /v1.41/told HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    co_await asio::async_write(client, asio::buffer(question), asio::use_awaitable);
    std::string got;
    co_await asio::async_read(client, asio::dynamic_buffer(got), kAwaitTuple);
    EXPECT_TRUE(got.ends_with("\r\n\r\nall of it")) << got;
    EXPECT_EQ(sent_bytes, got.size());
  });
}

TEST_F(ServerTest, without_descriptors_the_server_waits_and_then_goes_on) {
  serve();
  asio::local::stream_protocol::socket socket(loop);
  socket.connect(asio::local::stream_protocol::endpoint(path));  // in the queue of what is to be accepted
  EXPECT_LT(handlers_without_descriptors(loop), kHandlersOfAPatientLoop);
  loop.restart();
  run([&]() -> awaitable<void> {
    const std::string request = "GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
    std::string got;
    (void)co_await asio::async_read(socket, asio::dynamic_buffer(got), kAwaitTuple);
    EXPECT_TRUE(got.starts_with("HTTP/1.1 200 ")) << got;
  });
}

TEST_F(ServerTest, the_socket_file_is_for_root_and_its_group_only) {
  serve();
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);
}

TEST_F(ServerTest, a_living_daemons_socket_is_not_taken_and_a_dead_ones_is) {
  serve();
  Server second(loop, router);
  EXPECT_EQ(second.listen_unix(path, "").error().code, Code::kAlreadyExists);
  std::string stale = folder + "/stale.sock";
  { asio::local::stream_protocol::acceptor dead(loop, asio::local::stream_protocol::endpoint(stale)); }
  EXPECT_TRUE(second.listen_unix(stale, "").ok());
  second.stop();
  server->stop();
}

TEST_F(ServerTest, garbage_is_answered_400_and_closed) {
  serve();
  run([&]() -> awaitable<void> {
    for (const std::string& bytes :
         {std::string("\x16\x03\x01\x02") + std::string(1, '\0') + "\x01garbage\r\n\r\n", std::string("GET\r\n\r\n"),
          std::string("GET / HTTP/9.9\r\n\r\n"), std::string(300, '\0')}) {
      std::string got = co_await raw(bytes);
      EXPECT_TRUE(got.starts_with("HTTP/1.1 400 ")) << got;
    }
    std::string got = co_await raw("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", true);
    EXPECT_TRUE(got.starts_with("HTTP/1.1 400 ")) << got;
    got = co_await raw("POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc", true);
    EXPECT_TRUE(got.starts_with("HTTP/1.1 400 ")) << got;
  });
}

TEST_F(ServerTest, oversize_heads_and_bodies_are_refused) {
  serve();
  run([&]() -> awaitable<void> {
    std::string got = co_await raw("GET /echo HTTP/1.1\r\nX: " + std::string(200'000, 'x') + "\r\n\r\n");
    EXPECT_TRUE(got.empty() || got.starts_with("HTTP/1.1 431 ")) << got.substr(0, 100);
    Client client(loop.get_executor(), path);
    ClientRequest request{.method = "POST", .target = "/echo", .body = std::string(200'000, 'x')};
    auto reply = co_await client.call(request);
    EXPECT_TRUE(reply.ok() && reply->status == 413);
    got = co_await raw("POST /echo HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\nab", true);
    EXPECT_TRUE(got.starts_with("HTTP/1.1 400 ")) << got;
  });
}

TEST_F(ServerTest, a_slow_client_is_cut_off) {
  limits.head_timeout = std::chrono::milliseconds(20);
  limits.idle_timeout = std::chrono::milliseconds(20);
  limits.body_timeout = std::chrono::milliseconds(20);
  serve();
  run([&]() -> awaitable<void> {
    EXPECT_EQ(co_await raw(""), "");
    EXPECT_EQ(co_await raw("GET /ech"), "");
    EXPECT_EQ(co_await raw("POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"), "");
    EXPECT_EQ(server->connection_count(), 0u);
  });
}

TEST_F(ServerTest, more_connections_than_allowed_wait_for_their_turn) {
  limits.connections_max = 1;
  limits.idle_timeout = std::chrono::milliseconds(20);
  serve();
  run([&]() -> awaitable<void> {
    asio::local::stream_protocol::socket idle(loop);
    co_await idle.async_connect(asio::local::stream_protocol::endpoint(path), asio::use_awaitable);
    Client client(loop.get_executor(), path);
    ClientRequest request{.method = "POST", .target = "/echo", .body = "x"};
    auto reply = co_await client.call(request);
    EXPECT_TRUE(reply.ok() && reply->body == "x");
  });
}

TEST_F(ServerTest, a_failing_handler_fails_its_request_only) {
  serve();
  run([&]() -> awaitable<void> {
    Client client(loop.get_executor(), path);
    ClientRequest request{.target = "/throw"};
    auto reply = co_await client.call(request);
    EXPECT_TRUE(reply.ok() && reply->status == 500);
    ClientRequest next{.target = "/stream"};
    reply = co_await client.call(next);
    EXPECT_TRUE(reply.ok() && reply->body == "one\ntwo\nthree\n");
  });
}

class BigSource final : public BodySource {
 public:
  awaitable<Result<std::string>> read_some() override {
    if (pieces_ == 0) co_return std::string();
    --pieces_;
    co_return std::string(60'000, 'x');
  }

 private:
  int pieces_ = 100;
};

TEST_F(ServerTest, a_large_upload_is_streamed) {
  serve();
  run([&]() -> awaitable<void> {
    Client client(loop.get_executor(), path);
    BigSource source;
    ClientRequest request{.method = "POST", .target = "/count", .source = &source};
    auto reply = co_await client.call(request);
    EXPECT_TRUE(reply.ok() && reply->body == "6000000");
  });
}

TEST_F(ServerTest, expect_continue_is_honoured) {
  serve();
  run([&]() -> awaitable<void> {
    std::string got =
        co_await raw("POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")) << got;
  });
}

TEST_F(ServerTest, a_stream_ends_when_its_client_goes_away) {
  serve();
  run([&]() -> awaitable<void> {
    Client client(loop.get_executor(), path);
    {
      ClientRequest request{.target = "/endless"};
      auto reply = co_await client.open(request);
      EXPECT_TRUE(reply.ok());
      auto piece = co_await (*reply)->read_some();
      EXPECT_TRUE(piece.ok() && *piece == "begin\n");
    }
    while (server->connection_count() > 0) co_await asio::post(loop, asio::use_awaitable);
    EXPECT_TRUE(is_endless_over);
  });
}

TEST_F(ServerTest, a_hijacked_connection_keeps_early_bytes_and_half_close) {
  serve();
  run([&]() -> awaitable<void> {
    std::string got = co_await raw("POST /upper HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly", true);
    EXPECT_TRUE(got.starts_with("HTTP/1.1 101 UPGRADED\r\n")) << got;
    EXPECT_NE(got.find("Upgrade: tcp\r\n"), got.npos);
    EXPECT_TRUE(got.ends_with("\r\n\r\nEARLYBYE")) << got;
    got = co_await raw("POST /upper HTTP/1.1\r\n\r\nearly", true);
    EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
    EXPECT_TRUE(got.ends_with("\r\n\r\nEARLYBYE")) << got;
  });
}

TEST_F(ServerTest, splice_joins_two_hijacked_connections) {
  serve();
  // A second service in front of the first, as the API stands in front of the engine.
  Router front_router;
  front_router.add("POST", "/front", [&](Request&) -> awaitable<Response> {
    Client client(loop.get_executor(), path);
    ClientRequest request{.method = "POST", .target = "/upper"};
    auto hijacked = co_await client.hijack(request);
    Response response;
    if (!hijacked.ok()) co_return Response::of_error(hijacked.error());
    auto back = std::make_shared<std::unique_ptr<ByteStream>>(std::move(hijacked->stream));
    response.hijack = [back](ByteStream& front) -> awaitable<void> { co_await splice(front, **back); };
    co_return response;
  });
  Server front(loop, front_router);
  std::string front_path = folder + "/front.sock";
  ASSERT_TRUE(front.listen_unix(front_path, "").ok());
  run([&]() -> awaitable<void> {
    Client client(loop.get_executor(), front_path);
    ClientRequest request{.method = "POST", .target = "/front"};
    auto hijacked = co_await client.hijack(request);
    EXPECT_TRUE(hijacked.ok() && hijacked->stream);
    auto written = co_await hijacked->stream->write("abc");
    EXPECT_TRUE(written.ok());
    std::string got;
    std::array<char, 64> buffer;
    while (got.size() < 3) got.append(buffer.data(), *co_await hijacked->stream->read_some(buffer));
    EXPECT_EQ(got, "ABC");
    hijacked->stream->end_writing();
    while (true) {
      auto size = co_await hijacked->stream->read_some(buffer);
      if (!size.ok() || *size == 0) break;
      got.append(buffer.data(), *size);
    }
    EXPECT_EQ(got, "ABCBYE");
    front.stop();
  });
}

TEST_F(ServerTest, a_client_is_told_when_nobody_listens_or_nobody_answers) {
  serve();
  run([&]() -> awaitable<void> {
    Client nobody(loop.get_executor(), folder + "/nobody.sock");
    ClientRequest request{.target = "/"};
    auto reply = co_await nobody.call(request);
    EXPECT_FALSE(reply.ok());
    EXPECT_EQ(reply.error().code, Code::kUnavailable);
    asio::local::stream_protocol::acceptor mute(loop, asio::local::stream_protocol::endpoint(folder + "/mute.sock"));
    Client client(loop.get_executor(), folder + "/mute.sock");
    ClientRequest timed{.target = "/", .timeout = std::chrono::milliseconds(10)};
    reply = co_await client.call(timed);
    EXPECT_FALSE(reply.ok());
    EXPECT_EQ(reply.error().code, Code::kDeadlineExceeded);
  });
}

}  // namespace
}  // namespace skein::io::http
