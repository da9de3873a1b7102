// Sessions and assignments are streams that stay open for weeks: a slow worker must not eat the manager, and a dead one
// must be noticed.
#include <gtest/gtest.h>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "io/loop/loop.h"
#include "io/rpc/loopback_for_test.h"
#include "io/rpc/signal.h"
#include "wire/proto/dispatcher.pb.h"

namespace skein::rpc {
namespace {

namespace pb = docker::swarmkit::v1;

class Streams : public LoopbackOverBoth {
 protected:
  void register_methods() override {
    server->server_stream_bytes("/test/watch", [this](std::string text, std::shared_ptr<ServerStream> opened) {
      request = text;
      stream = opened;
      opened->on_closed([this] { ++closed; });
      opened->on_drained([this] { ++drained; });
    });
    server->server_stream<pb::SessionRequest, pb::SessionMessage>(
        "/docker.swarmkit.v1.Dispatcher/Session",
        [](const pb::SessionRequest& request, std::shared_ptr<Writer<pb::SessionMessage>> writer) {
          pb::SessionMessage message;
          message.set_session_id(request.session_id() + "1");
          EXPECT_TRUE(writer->send(message).ok());
          writer->finish(make_error(Code::kAborted, "node must disconnect"));
        });
    server->client_stream_bytes(
        "/test/publish", [this](const Call&, std::shared_ptr<RequestReader> reader) -> awaitable<Result<std::string>> {
          size_t bytes = 0;
          while (true) {
            while (is_held) co_await gate.wait();
            Result<std::optional<std::string>> message = co_await reader->next();
            if (!message.ok()) {
              ++broken;
              co_return message.error();
            }
            if (!message->has_value()) co_return std::to_string(bytes);
            bytes += (*message)->size();
            if (**message == "enough") co_return make_error(Code::kInvalidArgument, "stop it");
          }
        });
  }
  std::unique_ptr<ResponseStream> watch(const std::shared_ptr<Channel>& channel) {
    auto responses = channel->server_stream_bytes("/test/watch", "please");
    SKEIN_ASSERT(run_until([&] { return stream != nullptr; }));
    return responses;
  }

  std::string request;
  std::shared_ptr<ServerStream> stream;
  int closed = 0;
  int drained = 0;
  int broken = 0;
  bool is_held = false;
  Signal gate{io.get_executor()};
};

INSTANTIATE_TEST_SUITE_P(, Streams, kCarriers, kCarrierName);

using StreamsOverTcp = Streams;
INSTANTIATE_TEST_SUITE_P(, StreamsOverTcp, testing::Values(Carrier::kTcp), kCarrierName);

TEST_P(Streams, messages_come_in_order_and_the_end_is_seen) {
  serve();
  auto channel = connect();
  auto responses = watch(channel);
  EXPECT_EQ(request, "please");
  std::vector<std::string> sent{"a", "", std::string(300'000, 'b'), "c"};
  for (const std::string& message : sent) ASSERT_TRUE(stream->send(message).ok());
  stream->finish({});
  EXPECT_FALSE(stream->is_open());
  EXPECT_FALSE(stream->send("late").ok());
  for (const std::string& message : sent) EXPECT_TRUE(**run(responses->next()) == message);
  EXPECT_FALSE(run(responses->next())->has_value());
  EXPECT_FALSE(run(responses->next())->has_value());
  EXPECT_EQ(closed, 0);
}

TEST_P(Streams, a_dropped_channel_ends_its_streams) {
  serve();
  auto channel = connect();
  auto responses = watch(channel);
  channel.reset();
  EXPECT_EQ(run(responses->next()).error().code, Code::kUnavailable);
  EXPECT_TRUE(run_until([&] { return closed == 1; }));
}

TEST_P(Streams, an_error_follows_the_messages_before_it) {
  serve();
  pb::SessionRequest request;
  request.set_session_id("session");
  auto channel = connect();
  auto responses = channel->server_stream<pb::SessionMessage>("/docker.swarmkit.v1.Dispatcher/Session", request);
  EXPECT_EQ((*run(responses->next()))->session_id(), "session1");
  auto end = run(responses->next());
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().code, Code::kAborted);
  EXPECT_EQ(end.error().what, "node must disconnect");
}

TEST_P(Streams, a_reader_that_waits_gets_each_message_when_it_is_sent) {
  serve();
  auto channel = connect();
  auto responses = watch(channel);
  for (int i = 0; i < 3; ++i) {
    boost::asio::post(io, [this, i] { EXPECT_TRUE(stream->send(std::to_string(i)).ok()); });
    EXPECT_EQ(**run(responses->next()), std::to_string(i));
  }
}

TEST_P(Streams, a_dropped_stream_tells_the_server) {
  serve();
  auto channel = connect();
  auto responses = watch(channel);
  responses.reset();
  EXPECT_TRUE(run_until([&] { return closed == 1; }));
  EXPECT_FALSE(stream->is_open());
  EXPECT_TRUE(stream->call().is_cancelled());
  EXPECT_TRUE(channel->is_open());
}

TEST_P(Streams, a_stream_that_the_handler_drops_ends_in_an_error) {
  serve();
  auto channel = connect();
  auto responses = watch(channel);
  stream.reset();
  EXPECT_EQ(run(responses->next()).error().code, Code::kInternal);
}

TEST_P(Streams, a_waiting_reader_may_be_cancelled) {
  using namespace boost::asio::experimental::awaitable_operators;
  serve();
  auto channel = connect();
  auto responses = watch(channel);
  auto race = [&]() -> awaitable<size_t> {
    Signal never(io.get_executor());
    auto winner = co_await (responses->next() || never.wait(io::loop_of(io).now() + 20ms));
    co_return winner.index();
  };
  EXPECT_EQ(run(race()), 1u);
  EXPECT_TRUE(run_until([&] { return closed == 1; }));
  EXPECT_EQ(run(responses->next()).error().code, Code::kCanceled);
}

TEST_P(Streams, congestion_is_told_and_so_is_its_end) {
  serve();
  auto channel = connect();
  auto responses = watch(channel);
  size_t sent = 0;
  while (!stream->is_congested()) {
    ASSERT_TRUE(stream->send(std::string(100'000, 'x')).ok());
    ++sent;
    ASSERT_LT(sent, 100u);
  }
  EXPECT_GT(stream->queued_bytes(), 256u << 10);
  for (size_t i = 0; i < sent; ++i) ASSERT_TRUE(run(responses->next()).ok());
  EXPECT_TRUE(run_until([&] { return drained == 1; }));
  EXPECT_FALSE(stream->is_congested());
  EXPECT_TRUE(stream->is_open());
}

TEST_P(Streams, a_reader_that_is_too_slow_loses_its_stream_and_not_the_servers_memory) {
  ServerOptions options;
  options.stream_queue_bytes_max = 1 << 20;
  serve(options);
  auto channel = connect();
  auto responses = watch(channel);
  Result<void> sent;
  for (int i = 0; i < 10'000 && sent.ok(); ++i) {
    sent = stream->send(std::string(10'000, 'x'));
    ASSERT_LE(stream->queued_bytes(), size_t{1} << 20);
    io.restart();
    io.poll();
  }
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().code, Code::kResourceExhausted);
  EXPECT_FALSE(stream->is_open());
  EXPECT_EQ(closed, 1);
  Result<std::optional<std::string>> message = std::optional<std::string>("");
  while (message.ok() && message->has_value()) message = run(responses->next());
  ASSERT_FALSE(message.ok());
  EXPECT_EQ(message.error().code, Code::kResourceExhausted);
}

TEST_P(StreamsOverTcp, a_peer_killed_in_mid_stream_is_noticed_at_once) {
  serve();
  auto peer = std::make_shared<RawPeer>(io);
  peer->connect(port);
  peer->start_tls(worker_tls->identity(), true);
  peer->start_http2();
  ASSERT_TRUE(run_until([&] { return peer->is_open(); }));
  HeaderList headers{{":method", "POST"},
                     {":scheme", "https"},
                     {":path", "/test/watch"},
                     {":authority", "manager"},
                     {"content-type", "application/grpc"}};
  int32_t id = *peer->session->request(headers);
  peer->session->send_body(id, std::string(5, '\0'));
  peer->session->end_body(id);
  peer->flush();
  ASSERT_TRUE(run_until([&] { return stream != nullptr; }));
  EXPECT_TRUE(stream->send(std::string(2 << 20, 'x')).ok());
  peer->vanish();
  EXPECT_TRUE(run_until([&] { return closed == 1 && server->connections() == 0; }));
  EXPECT_FALSE(stream->send("x").ok());
  stream->finish({});
}

TEST_P(StreamsOverTcp, a_peer_that_falls_silent_is_found_dead_and_a_quiet_one_is_kept) {
  ServerOptions options;
  options.keepalive_idle = 50ms;
  options.keepalive_timeout = 200ms;
  serve(options);
  auto quiet = connect();  // answers PINGs, says nothing else
  auto dead = std::make_shared<RawPeer>(io);
  dead->connect(port);
  dead->start_tls(worker_tls->identity(), true);
  dead->start_http2();
  ASSERT_TRUE(run_until([&] { return dead->is_open(); }));
  dead->flush();
  ASSERT_TRUE(run_until([&] { return dead->is_settled; }));
  ASSERT_EQ(server->connections(), 2u);
  dead->stop_reading();
  EXPECT_TRUE(run_until([&] { return server->connections() == 1; }));
  EXPECT_TRUE(quiet->is_open());
}

TEST_P(Streams, a_client_stream_is_summed_up) {
  serve();
  auto channel = connect();
  auto requests = channel->client_stream_bytes("/test/publish");
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(run(requests->send(std::string(10'000, 'x'))).ok());
  EXPECT_EQ(*run(requests->finish()), "3000000");
  auto empty = channel->client_stream_bytes("/test/publish");
  EXPECT_EQ(*run(empty->finish()), "0");
}

TEST_P(Streams, a_slow_reader_holds_its_writer_back) {
  serve();
  is_held = true;
  auto channel = connect();
  auto requests = channel->client_stream_bytes("/test/publish");
  size_t accepted = 0;
  auto write = [&]() -> awaitable<void> {
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE((co_await requests->send(std::string(100'000, 'x'))).ok());
      ++accepted;
    }
  };
  bool is_written = false;
  boost::asio::co_spawn(io, write(), [&](std::exception_ptr) { is_written = true; });
  run_until([&] { return accepted >= 7; });
  size_t before = 0;
  while (before != accepted) {  // until nothing moves any more
    before = accepted;
    io.restart();
    while (io.poll() > 0) {
    }
  }
  EXPECT_LT(accepted, 20u);
  is_held = false;
  gate.notify();
  EXPECT_TRUE(run_until([&] { return is_written; }));
  EXPECT_EQ(*run(requests->finish()), "10000000");
}

TEST_P(Streams, an_answer_before_the_end_stops_the_writer) {
  serve();
  auto channel = connect();
  auto requests = channel->client_stream_bytes("/test/publish");
  ASSERT_TRUE(run(requests->send("enough")).ok());
  Result<void> sent;
  for (int i = 0; i < 1000 && sent.ok(); ++i) sent = run(requests->send(std::string(10'000, 'x')));
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().code, Code::kInvalidArgument);
  EXPECT_EQ(run(requests->finish()).error().what, "stop it");
}

TEST_P(Streams, a_writer_that_goes_away_is_an_error_to_the_reader) {
  serve();
  auto channel = connect();
  auto requests = channel->client_stream_bytes("/test/publish");
  ASSERT_TRUE(run(requests->send("x")).ok());
  requests.reset();
  EXPECT_TRUE(run_until([&] { return broken == 1; }));
  auto again = channel->client_stream_bytes("/test/publish");
  ASSERT_TRUE(run(again->send("x")).ok());
  channel->close();
  EXPECT_TRUE(run_until([&] { return broken == 2; }));
}

}  // namespace
}  // namespace skein::rpc
