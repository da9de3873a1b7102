// The simulated network fails as real ones do, and the calls on it behave as on those.
#include "io/rpc/in_process/network.h"

#include <gtest/gtest.h>

#include "io/rpc/loopback_for_test.h"
#include "io/rpc/signal.h"

namespace skein::rpc {
namespace {

const IpAddress kManagerHost = IpAddress::from(Ipv4{0x0a000001});
const IpAddress kWorkerHost = IpAddress::from(Ipv4{0x0a000002});

class InProcess : public Loopback {
 protected:
  InProcess() : Loopback(Carrier::kInProcess) {
    server = std::make_unique<Server>(io.get_executor(), network.host(kManagerHost), server_tls);
    server->unary_bytes("/test/echo",
                        [](const Call&, std::string request) -> awaitable<Result<std::string>> { co_return request; });
    server->server_stream_bytes("/test/watch", [this](std::string, std::shared_ptr<ServerStream> opened) {
      stream = std::move(opened);
      stream->on_closed([this] { ++closed; });
    });
    SKEIN_ASSERT(server->listen(kManagerHost, 2377).ok());
  }
  Result<std::shared_ptr<Channel>> dial(ChannelOptions options = {}) {
    ClientTls tls = ClientTls::verified(worker_tls, "swarm-manager");
    return run(Channel::connect(network.host(kWorkerHost), {kManagerHost.text(), 2377}, tls, std::move(options)));
  }
  Result<std::string> echo(Channel& channel, const std::string& text) {
    CallOptions options;
    options.timeout = 5s;
    return run(channel.unary_bytes("/test/echo", text, options));
  }
  void cut_both() { network.cut(kWorkerHost, kManagerHost), network.cut(kManagerHost, kWorkerHost); }
  void mend_both() { network.mend(kWorkerHost, kManagerHost), network.mend(kManagerHost, kWorkerHost); }

  InProcessNetwork& network = simulated->network;
  io::VirtualLoop& loop = simulated->loop;
  std::shared_ptr<ServerStream> stream;
  int closed = 0;
};

TEST_F(InProcess, each_end_knows_the_other_by_address_and_certificate) {
  auto channel = *dial();
  EXPECT_EQ(channel->peer().common_name, "node1");
  EXPECT_EQ(channel->peer().address, kManagerHost);
  EXPECT_EQ(channel->local_address(), kWorkerHost);
  auto responses = channel->server_stream_bytes("/test/watch", "");
  ASSERT_TRUE(run_until([&] { return stream != nullptr; }));
  EXPECT_EQ(stream->call().peer().common_name, "worker1");
  EXPECT_EQ(stream->call().peer().address, kWorkerHost);
}

TEST_F(InProcess, an_answer_takes_the_time_of_both_ways) {
  auto channel = *dial();
  network.set_delay(kWorkerHost, kManagerHost, 300ms);
  network.set_delay(kManagerHost, kWorkerHost, 200ms);
  const TimePoint begin = loop.now();
  EXPECT_TRUE(echo(*channel, "x").ok());
  EXPECT_EQ(loop.now() - begin, 500ms);
}

TEST_F(InProcess, what_is_sent_during_a_cut_arrives_after_it) {
  auto channel = *dial();
  for (bool is_answer_cut : {false, true}) {
    is_answer_cut ? network.cut(kManagerHost, kWorkerHost) : network.cut(kWorkerHost, kManagerHost);
    loop.call_at(loop.now() + 3s, [&] { mend_both(); });
    auto answer = echo(*channel, "late");
    ASSERT_TRUE(answer.ok()) << answer.error().text();
    EXPECT_EQ(*answer, "late");
  }
}

TEST_F(InProcess, a_cut_that_lasts_is_noticed_by_deadline_here_and_by_silence_there) {
  auto channel = *dial();
  auto responses = channel->server_stream_bytes("/test/watch", "");
  ASSERT_TRUE(run_until([&] { return stream != nullptr; }));
  cut_both();
  const TimePoint begin = loop.now();
  EXPECT_EQ(echo(*channel, "x").error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(loop.now() - begin, 5s);
  EXPECT_TRUE(run_until([&] { return closed == 1 && server->connections() == 0; }));
  EXPECT_LE(loop.now() - begin, 31s);
  mend_both();
  EXPECT_EQ(run(responses->next()).error().code, Code::kUnavailable);
  EXPECT_TRUE((*dial())->is_open());
}

TEST_F(InProcess, dialling_fails_as_tcp_does) {
  ClientTls tls = ClientTls::verified(worker_tls, "swarm-manager");
  Transport& from = network.host(kWorkerHost);
  ChannelOptions options;
  EXPECT_EQ(run(Channel::connect(from, {kManagerHost.text(), 1}, tls, options)).error().because, "Connection refused");
  const TimePoint begin = loop.now();
  EXPECT_EQ(run(Channel::connect(from, {"10.9.9.9", 2377}, tls, options)).error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(loop.now() - begin, 5s);
  network.cut(kManagerHost, kWorkerHost);
  EXPECT_EQ(dial().error().code, Code::kDeadlineExceeded);
  loop.call_at(loop.now() + 2s, [&] { mend_both(); });
  EXPECT_TRUE(dial().ok());
  EXPECT_EQ(network.host(kManagerHost).listen(io.get_executor(), kManagerHost, 2377, {}).error().because,
            "the port is already in use");
}

TEST_F(InProcess, a_reset_is_heard_at_both_ends_at_once) {
  auto channel = *dial();
  auto responses = channel->server_stream_bytes("/test/watch", "");
  ASSERT_TRUE(run_until([&] { return stream != nullptr; }));
  network.reset(kWorkerHost, kManagerHost);
  loop.run_ready();
  EXPECT_EQ(closed, 1);
  EXPECT_FALSE(channel->is_open());
  EXPECT_EQ(run(responses->next()).error().code, Code::kUnavailable);
}

// Wherever in dialling, request or answer the connection breaks: an error or the answer, never something else, and the
// next connection works.
TEST_F(InProcess, a_connection_may_break_after_each_byte) {
  int broken = 0;
  for (bool is_answer : {false, true})
    for (size_t bytes = 0; bytes < 1500; bytes += 7) {
      is_answer ? network.break_after(kManagerHost, kWorkerHost, bytes)
                : network.break_after(kWorkerHost, kManagerHost, bytes);
      auto channel = dial();
      Result<std::string> answer = channel.ok() ? echo(**channel, "text") : Result<std::string>(channel.error());
      if (answer.ok()) {
        EXPECT_EQ(*answer, "text");
      } else {
        EXPECT_EQ(answer.error().code, Code::kUnavailable) << bytes << answer.error().text();
        ++broken;
      }
      channel = make_error(Code::kUnavailable, "dropped");
      ASSERT_TRUE(run_until([&] { return server->connections() == 0; })) << bytes;
    }
  EXPECT_GT(broken, 50);
}

}  // namespace
}  // namespace skein::rpc
