// Every question of a worker to its manager is one of these calls; a wrong status code makes agents leave the session.
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>

#include "io/loop/timer.h"
#include "io/rpc/loopback_for_test.h"
#include "io/rpc/signal.h"
#include "wire/proto/ca.pb.h"

namespace skein::rpc {
namespace {

namespace pb = docker::swarmkit::v1;

class Unary : public LoopbackOverBoth {
 protected:
  void register_methods() override {
    server->unary_bytes("/test/echo", [this](const Call& call, std::string request) -> awaitable<Result<std::string>> {
      seen = call.peer();
      metadata = call.metadata();
      co_return request;
    });
    server->unary_bytes("/test/fail", [](const Call&, std::string request) -> awaitable<Result<std::string>> {
      co_return make_error(Code::kPermissionDenied, request,
                           "100 % b\xc3\xbc"
                           "cher");
    });
    server->unary_bytes("/test/throw", [](const Call&, std::string) -> awaitable<Result<std::string>> {
      throw std::runtime_error("bug");
      co_return "";
    });
    server->unary_bytes("/test/hang", [this](const Call& call, std::string) -> awaitable<Result<std::string>> {
      Signal signal(io.get_executor());
      call.on_cancelled([&] { signal.notify(); });
      ++hanging;
      co_await signal.wait();
      --hanging;
      cancelled += call.is_cancelled();
      co_return "too late";
    });
    server->unary<pb::GetRootCACertificateRequest, pb::GetRootCACertificateResponse>(
        "/docker.swarmkit.v1.CA/GetRootCACertificate",
        [](const Call&, const pb::GetRootCACertificateRequest&) -> awaitable<Result<pb::GetRootCACertificateResponse>> {
          pb::GetRootCACertificateResponse response;
          response.set_certificate("root");
          co_return response;
        });
  }

  Peer seen;
  Metadata metadata;
  int hanging = 0;
  int cancelled = 0;
};

INSTANTIATE_TEST_SUITE_P(, Unary, kCarriers, kCarrierName);

using UnaryOverTcp = Unary;
INSTANTIATE_TEST_SUITE_P(, UnaryOverTcp, testing::Values(Carrier::kTcp), kCarrierName);

TEST_P(Unary, a_typed_question_gets_its_typed_answer) {
  serve();
  auto channel = connect();
  auto response = run(channel->unary<pb::GetRootCACertificateResponse>("/docker.swarmkit.v1.CA/GetRootCACertificate",
                                                                       pb::GetRootCACertificateRequest()));
  ASSERT_TRUE(response.ok()) << response.error().text();
  EXPECT_EQ(response->certificate(), "root");
}

TEST_P(Unary, the_handler_knows_the_caller_and_its_metadata) {
  serve();
  auto channel = connect();
  CallOptions options;
  options.metadata = {{"forwarded_cert_ou", "a"}, {"forwarded_cert_ou", "b"}, {"forwarded_cert_org", ""}};
  EXPECT_EQ(*run(channel->unary_bytes("/test/echo", "hello", options)), "hello");
  EXPECT_EQ(seen.common_name, "worker1");
  EXPECT_EQ(seen.organizational_unit, "swarm-worker");
  EXPECT_EQ(seen.address, loopback());
  EXPECT_EQ(Call(seen, "", metadata).metadata("forwarded_cert_ou"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(Call(seen, "", metadata).metadata("forwarded_cert_org"), std::vector<std::string>{""});
  EXPECT_EQ(channel->peer().common_name, "node1");
  EXPECT_EQ(channel->local_address(), loopback());
}

TEST_P(Unary, empty_and_large_messages_come_back_whole) {
  serve();
  auto channel = connect();
  for (size_t size : {size_t{0}, size_t{1}, size_t{65'535}, size_t{70'000}, (size_t{4} << 20) - 100}) {
    std::string message(size, 'm');
    auto response = run(channel->unary_bytes("/test/echo", message));
    ASSERT_TRUE(response.ok()) << size << response.error().text();
    EXPECT_TRUE(*response == message) << size;
  }
}

TEST_P(Unary, an_answer_far_larger_than_all_windows_arrives) {
  serve();
  server->unary_bytes("/test/big", [](const Call&, std::string) -> awaitable<Result<std::string>> {
    co_return std::string(20 << 20, 'x');
  });
  auto response = run(connect()->unary_bytes("/test/big", ""));
  ASSERT_TRUE(response.ok()) << response.error().text();
  EXPECT_EQ(response->size(), size_t{20} << 20);
}

TEST_P(Unary, errors_arrive_with_code_and_text) {
  serve();
  auto channel = connect();
  auto response = run(channel->unary_bytes("/test/fail", "no"));
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Code::kPermissionDenied);
  EXPECT_EQ(response.error().what,
            "no: 100 % b\xc3\xbc"
            "cher");
}

TEST_P(Unary, a_throwing_handler_is_an_internal_error_and_the_server_lives) {
  serve();
  auto channel = connect();
  EXPECT_EQ(run(channel->unary_bytes("/test/throw", "")).error().code, Code::kInternal);
  EXPECT_TRUE(run(channel->unary_bytes("/test/echo", "")).ok());
}

TEST_P(Unary, unknown_methods_are_unimplemented) {
  serve();
  auto channel = connect();
  for (const char* path : {"/docker.swarmkit.v1.LogBroker/ListenSubscriptions", "/", "/x", "/a/b/c"}) {
    auto response = run(channel->unary_bytes(path, ""));
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, Code::kUnimplemented) << path;
  }
  EXPECT_EQ(run(channel->unary_bytes("/docker.swarmkit.v1.CA/Nope", "")).error().what,
            "unknown service or method Nope of docker.swarmkit.v1.CA");
}

TEST_P(Unary, a_message_that_does_not_parse_is_refused) {
  serve();
  auto response = run(connect()->unary_bytes("/docker.swarmkit.v1.CA/GetRootCACertificate", "\xff\xff\xff"));
  EXPECT_EQ(response.error().code, Code::kInternal);
}

TEST_P(Unary, a_request_over_the_limit_is_refused_and_the_connection_lives) {
  serve();
  auto channel = connect();
  EXPECT_EQ(run(channel->unary_bytes("/test/echo", std::string((4 << 20) + 1, 'm'))).error().code,
            Code::kResourceExhausted);
  EXPECT_TRUE(run(channel->unary_bytes("/test/echo", "still here")).ok());
}

TEST_P(Unary, an_answer_over_the_clients_limit_is_refused) {
  serve();
  ChannelOptions options;
  options.message_bytes_max = 10;
  auto channel = connect(options);
  EXPECT_EQ(run(channel->unary_bytes("/test/echo", "eleven bytes")).error().code, Code::kResourceExhausted);
  EXPECT_TRUE(run(channel->unary_bytes("/test/echo", "ten bytes!")).ok());
}

TEST_P(Unary, a_deadline_ends_the_call_on_both_sides) {
  serve();
  auto channel = connect();
  CallOptions options;
  options.timeout = 50ms;
  auto response = run(channel->unary_bytes("/test/hang", "", options));
  EXPECT_EQ(response.error().code, Code::kDeadlineExceeded);
  EXPECT_TRUE(run_until([&] { return cancelled == 1 && hanging == 0; }));
  EXPECT_TRUE(run(channel->unary_bytes("/test/echo", "")).ok());
  EXPECT_TRUE(run_until([&] { return server->running_calls() == 0; }));
}

TEST_P(Unary, the_server_enforces_the_deadline_by_itself) {
  serve();
  auto channel = connect();
  CallOptions options;
  options.metadata = {{"grpc-timeout", "50m"}};  // which our client knows nothing of
  EXPECT_EQ(run(channel->unary_bytes("/test/hang", "", options)).error().code, Code::kDeadlineExceeded);
  EXPECT_TRUE(run_until([&] { return cancelled == 1; }));
}

TEST_P(Unary, a_call_that_is_not_awaited_is_cancelled) {
  serve();
  auto channel = connect();
  {
    auto dropped = channel->unary_bytes("/test/hang", "");
    ASSERT_TRUE(run_until([&] { return hanging == 1; }));
  }
  EXPECT_TRUE(run_until([&] { return cancelled == 1; }));
}

TEST_P(Unary, a_thousand_calls_share_one_connection) {
  serve();
  auto channel = connect();
  int answered = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string message = std::string(static_cast<size_t>(i), 'x') + std::to_string(i);
    boost::asio::co_spawn(
        io,
        [](std::shared_ptr<Channel> channel, std::string message, int& answered) -> awaitable<void> {
          auto response = co_await channel->unary_bytes("/test/echo", message);
          answered += response.ok() && *response == message;
        }(channel, message, answered),
        [](std::exception_ptr error) { SKEIN_ASSERT(!error); });
  }
  EXPECT_TRUE(run_until([&] { return answered == 1000; })) << answered;
  EXPECT_EQ(server->connections(), 1u);
}

TEST_P(Unary, all_pending_calls_fail_with_the_reason_when_the_server_stops) {
  serve();
  auto channel = connect();
  std::vector<Error> errors;
  Error end;
  channel->on_closed([&](const Error& reason) { end = reason; });
  for (int i = 0; i < 10; ++i)
    boost::asio::co_spawn(
        io,
        [](std::shared_ptr<Channel> channel, std::vector<Error>& errors) -> awaitable<void> {
          auto response = co_await channel->unary_bytes("/test/hang", "");
          errors.push_back(response.error());
        }(channel, errors),
        [](std::exception_ptr error) { SKEIN_ASSERT(!error); });
  ASSERT_TRUE(run_until([&] { return hanging == 10; }));
  server->stop();
  EXPECT_TRUE(run_until([&] { return errors.size() == 10 && end.code == Code::kUnavailable && cancelled == 10; }));
  for (const Error& error : errors) {
    EXPECT_EQ(error.code, Code::kUnavailable);
    EXPECT_EQ(error.what, "the server is stopping");
  }
  EXPECT_FALSE(channel->is_open());
  EXPECT_EQ(run(channel->unary_bytes("/test/echo", "")).error().code, Code::kUnavailable);
}

TEST_P(Unary, shutdown_waits_for_running_calls_and_refuses_new_ones) {
  serve();
  Signal gate(io.get_executor());
  bool is_inside = false;
  server->unary_bytes("/test/gate", [&](const Call&, std::string) -> awaitable<Result<std::string>> {
    is_inside = true;
    co_await gate.wait();
    co_return "done";
  });
  auto channel = connect();
  std::optional<Result<std::string>> answer;
  bool is_down = false;
  auto spawn = [&](awaitable<void> work) {
    boost::asio::co_spawn(io, std::move(work), [](std::exception_ptr error) { SKEIN_ASSERT(!error); });
  };
  auto ask = [&]() -> awaitable<void> { answer = co_await channel->unary_bytes("/test/gate", ""); };
  auto end = [&]() -> awaitable<void> { co_await server->shutdown(1h), is_down = true; };
  spawn(ask());
  ASSERT_TRUE(run_until([&] { return is_inside; }));
  spawn(end());
  ASSERT_TRUE(run_until([&] { return !channel->is_open(); }));
  EXPECT_FALSE(is_down);
  EXPECT_EQ(run(channel->unary_bytes("/test/echo", "")).error().code, Code::kUnavailable);
  gate.notify();
  EXPECT_TRUE(run_until([&] { return is_down && answer.has_value(); }));
  ASSERT_TRUE(answer->ok()) << answer->error().text();
  EXPECT_FALSE(try_connect(ClientTls::unverified()).ok());
}

// The node leaves the swarm, say, while its manager works.
TEST_P(Unary, closing_the_server_waits_until_no_handler_runs_any_more) {
  serve();
  io::Timer never(io, TimePoint::never());
  int inside = 0;
  struct Inside {
    explicit Inside(int& count) : count(count) { ++count; }
    ~Inside() { --count; }
    int& count;
  };
  server->unary_bytes("/test/deaf", [&](const Call&, std::string) -> awaitable<Result<std::string>> {
    const Inside guard(inside);
    for (;;) co_await never.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  });
  auto channel = connect();
  int failed = 0;
  auto ask = [&](const char* path) -> awaitable<void> {
    auto answer = co_await channel->unary_bytes(path, "");
    failed += answer.error().code == Code::kUnavailable;
  };
  for (const char* path : {"/test/deaf", "/test/hang"})
    boost::asio::co_spawn(io, ask(path), [](std::exception_ptr error) { SKEIN_ASSERT(!error); });
  ASSERT_TRUE(run_until([&] { return inside == 1 && hanging == 1; }));
  bool is_closed = false;
  boost::asio::co_spawn(io, server->close(), [&](std::exception_ptr) {
    is_closed = true;
    EXPECT_EQ(inside, 0);
    EXPECT_EQ(hanging, 0);
  });
  EXPECT_TRUE(run_until([&] { return is_closed && failed == 2; }));
}

TEST_P(Unary, a_taken_port_is_named_with_advice) {
  serve();
  Server second(io.get_executor(), transport(), server_tls);
  Result<uint16_t> bound = second.listen(loopback(), port);
  ASSERT_FALSE(bound.ok());
  EXPECT_NE(bound.error().what.find(std::to_string(port)), std::string::npos);
  EXPECT_EQ(bound.error().because, "the port is already in use");
  EXPECT_FALSE(bound.error().try_next.empty());
}

TEST_P(Unary, nobody_listening_is_unavailable) {
  serve();
  server.reset();
  auto channel = try_connect(ClientTls::unverified());
  ASSERT_FALSE(channel.ok());
  EXPECT_EQ(channel.error().code, Code::kUnavailable);
}

TEST_P(UnaryOverTcp, a_server_that_says_nothing_is_given_up_in_time) {
  boost::asio::ip::tcp::acceptor silent(io, {boost::asio::ip::address_v4::loopback(), 0});
  port = silent.local_endpoint().port();
  ChannelOptions options;
  options.dial_timeout = 50ms;
  auto channel = try_connect(ClientTls::unverified(), options);
  ASSERT_FALSE(channel.ok());
  EXPECT_EQ(channel.error().code, Code::kDeadlineExceeded);
}

TEST_P(UnaryOverTcp, certificates_that_do_not_fit_are_named_at_connect) {
  serve();
  TestCa other;
  auto strange_root = try_connect(ClientTls::verified(tls_of({other.root_pem(), "", ""}), "swarm-manager"));
  ASSERT_FALSE(strange_root.ok());
  EXPECT_EQ(strange_root.error().code, Code::kUnauthenticated);
  EXPECT_NE(strange_root.error().text().find("x509: "), std::string::npos);

  auto wrong_name = try_connect(ClientTls::verified(worker_tls, "swarm-worker"));
  ASSERT_FALSE(wrong_name.ok());
  EXPECT_NE(wrong_name.error().text().find("x509: hostname mismatch"), std::string::npos);

  TlsIdentity expired = ca.issue({.valid_to_seconds = -60});
  auto refused = try_connect(ClientTls::verified(tls_of(expired), "swarm-manager"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kUnauthenticated);
  EXPECT_NE(refused.error().text().find("refused our certificate"), std::string::npos) << refused.error().text();
  EXPECT_TRUE(run_until([&] { return server->connections() == 0; }));
}

TEST_P(Unary, a_joining_node_is_served_without_certificate) {
  serve();
  auto bootstrap = try_connect(ClientTls::unverified());
  ASSERT_TRUE(bootstrap.ok());
  EXPECT_TRUE(run((*bootstrap)->unary_bytes("/test/echo", "x")).ok());
  EXPECT_FALSE(seen.has_certificate);
  auto issue = try_connect(ClientTls::verified(tls_of({ca.root_pem(), "", ""}), "swarm-ca"));
  ASSERT_TRUE(issue.ok());
  EXPECT_TRUE(run((*issue)->unary_bytes("/test/echo", "x")).ok());
}

TEST_P(Unary, a_removed_node_is_disconnected_alone) {
  serve();
  auto worker = connect();
  auto other = *try_connect(ClientTls::unverified());
  server->disconnect([](const Peer& peer) { return peer.common_name == "worker1"; });
  EXPECT_TRUE(run_until([&] { return !worker->is_open() && server->connections() == 1; }));
  EXPECT_TRUE(run(other->unary_bytes("/test/echo", "")).ok());
}

TEST_P(Unary, the_loop_may_end_with_calls_under_way) {
  serve();
  auto channel = connect();
  for (int i = 0; i < 5; ++i)
    boost::asio::co_spawn(
        io,
        [](std::shared_ptr<Channel> channel) -> awaitable<void> {
          (void)(co_await channel->unary_bytes("/test/hang", "")).ok();
        }(channel),
        [](std::exception_ptr) {});
  ASSERT_TRUE(run_until([&] { return hanging == 5; }));
}

}  // namespace
}  // namespace skein::rpc
