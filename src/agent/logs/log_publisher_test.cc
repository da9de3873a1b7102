// The logs of a node's tasks reach the manager that asks for them; neither a slow manager nor a lost session stops
// anything else.
#include "agent/logs/log_publisher.h"

#include "agent/logs/log_engine_for_test.h"
#include "io/rpc/loopback_for_test.h"
#include "wire/proto/logbroker.pb.h"

namespace skein::agent {
namespace {

namespace api = docker::swarmkit::v1;
using rpc::awaitable;

// The manager's LogBroker, as far as a node sees it.
class LogPublisherTest : public rpc::Loopback {
 protected:
  using Writer = rpc::Writer<api::SubscriptionMessage>;

  void register_methods() override {
    if (!has_broker) return;
    server->server_stream<api::ListenSubscriptionsRequest, api::SubscriptionMessage>(
        "/docker.swarmkit.v1.LogBroker/ListenSubscriptions",
        [this](const api::ListenSubscriptionsRequest&, std::shared_ptr<Writer> writer) {
          ++listens;
          listener = std::move(writer);
        });
    server->client_stream<api::PublishLogsMessage, api::PublishLogsResponse>(
        "/docker.swarmkit.v1.LogBroker/PublishLogs",
        [this](const rpc::Call&, std::shared_ptr<rpc::Reader<api::PublishLogsMessage>> messages)
            -> awaitable<Result<api::PublishLogsResponse>> {
          ++open_calls;
          for (;;) {
            while (is_reader_held) (void)co_await let_go.wait();
            auto message = co_await messages->next();
            if (!message.ok()) {
              --open_calls;
              ++broken_calls;
              co_return message.error();
            }
            if (!*message) {
              ++unclosed;
              break;
            }
            for (const auto& line : (*message)->messages()) {
              EXPECT_EQ(line.context().node_id(), "n1");
              bytes += line.data().size();
              lines.push_back(line.context().service_id() + "/" + line.context().task_id() +
                              (line.stream() == api::STDERR ? " err " : " out ") +
                              std::to_string(line.timestamp().seconds()) + " " + line.data());
            }
            if ((*message)->close()) {
              closed.push_back((*message)->subscription_id());
              break;
            }
          }
          --open_calls;
          co_return api::PublishLogsResponse();
        });
  }
  void begin() {
    serve();
    channel = connect();
    publisher.use(channel);
    if (has_broker) {
      ASSERT_TRUE(run_until([&] { return listener != nullptr; }));
    }
  }
  ~LogPublisherTest() override {
    publisher.use(nullptr);
    listener.reset();
    is_reader_held = false;
    let_go.notify();
    channel.reset();
    server.reset();
    bool is_closed = false;
    boost::asio::co_spawn(io, tasks.close(), [&](const std::exception_ptr&) { is_closed = true; });
    EXPECT_TRUE(run_until([&] { return is_closed; }));
    io.restart();
    io.poll();
  }
  api::SubscriptionMessage subscription(const std::string& id, const std::string& service, bool is_following) {
    api::SubscriptionMessage out;
    out.set_id(id);
    out.mutable_selector()->add_service_ids(service);
    out.mutable_options()->set_follow(is_following);
    return out;
  }
  void tell(const api::SubscriptionMessage& message) { ASSERT_TRUE(listener->send(message).ok()); }
  void close(api::SubscriptionMessage message) {
    message.set_close(true);
    tell(message);
  }
  using Lines = std::vector<std::string>;

  bool has_broker = true;
  LogEngineForTest engine{io};
  io::TaskScope tasks{io.get_executor()};
  LogPublisher publisher{tasks, engine, "n1"};
  std::shared_ptr<rpc::Channel> channel;
  std::shared_ptr<Writer> listener;
  int listens = 0, open_calls = 0, broken_calls = 0, unclosed = 0;
  Lines lines, closed;
  size_t bytes = 0;
  bool is_reader_held = false;
  rpc::Signal let_go{io.get_executor()};
};

TEST_F(LogPublisherTest, logs_of_the_services_tasks_are_told_and_closed) {
  engine.add("c1", "t1", "web", false);
  engine.add("c2", "t2", "db", false);
  engine.add("c3", "t3", "web", false).has_terminal = true;
  engine.write("c1", 1, "one", 1);
  engine.write("c1", 2, "two", 2);
  engine.write("c2", 1, "not asked for");
  engine.write("c3", 1, "three", 3);
  begin();
  tell(subscription("s1", "web", false));
  ASSERT_TRUE(run_until([&] { return !closed.empty(); }));
  EXPECT_EQ(unclosed, 0);
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (Lines{"web/t1 err 2 two\n", "web/t1 out 1 one\n", "web/t3 out 3 three\n"}));
  EXPECT_EQ(closed, Lines{"s1"});
  EXPECT_EQ(broken_calls, 0);
  EXPECT_EQ(engine.queries.at(0), "c1?stdout=1&stderr=1&timestamps=1&tail=all");
}

TEST_F(LogPublisherTest, a_node_without_such_tasks_says_so_at_once) {
  begin();
  tell(subscription("s1", "web", false));
  ASSERT_TRUE(run_until([&] { return !closed.empty(); }));
  EXPECT_TRUE(lines.empty());
}

TEST_F(LogPublisherTest, an_engine_that_is_down_is_no_empty_log) {
  engine.is_down = true;
  begin();
  tell(subscription("s1", "web", false));
  ASSERT_TRUE(run_until([&] { return unclosed == 1; }));
  EXPECT_TRUE(closed.empty());
}

TEST_F(LogPublisherTest, a_log_that_cannot_be_read_is_missed_and_does_not_stop_the_others) {
  engine.add("broken", "t1", "web", false);
  engine.write("broken", 1, "error text");
  engine.add("c2", "t2", "web", false);
  engine.write("c2", 1, "two");
  begin();
  tell(subscription("s1", "web", false));
  ASSERT_TRUE(run_until([&] { return unclosed == 1; }));
  EXPECT_EQ(lines, Lines{"web/t2 out 1 two\n"});
}

TEST_F(LogPublisherTest, following_tells_new_lines_and_new_tasks_until_it_is_closed) {
  engine.add("c1", "t1", "web", true);
  engine.write("c1", 1, "one");
  begin();
  auto wanted = subscription("s1", "web", true);
  tell(wanted);
  tell(wanted);  // repeated: nothing is told twice
  ASSERT_TRUE(run_until([&] { return lines.size() == 1; }));
  engine.write("c1", 1, "two");
  ASSERT_TRUE(run_until([&] { return lines.size() == 2; }));
  engine.add("c2", "t2", "web", true).entry["State"] = "created";
  engine.write("c2", 1, "three");
  publisher.container_started();
  engine.write("c1", 1, "four");
  ASSERT_TRUE(run_until([&] { return lines.size() == 3; }));
  EXPECT_EQ(lines.back(), "web/t1 out 1 four\n");
  engine.containers["c2"].entry["State"] = "running";
  publisher.container_started();
  ASSERT_TRUE(run_until([&] { return lines.size() == 4; }));
  EXPECT_EQ(lines.back(), "web/t2 out 1 three\n");
  EXPECT_EQ(engine.containers["c1"].log->readers, 1);
  EXPECT_TRUE(closed.empty());
  close(wanted);
  ASSERT_TRUE(run_until([&] { return open_calls == 0; }));
  ASSERT_TRUE(run_until(
      [&] { return engine.containers["c1"].log->readers == 0 && engine.containers["c2"].log->readers == 0; }));
}

TEST_F(LogPublisherTest, a_manager_that_reads_slowly_holds_back_its_own_logs_only) {
  engine.add("c1", "t1", "web", false);
  const std::string text(10'000, 'x');
  for (int i = 0; i < 500; ++i) engine.write("c1", 1, text);
  engine.add("c2", "t2", "db", false);
  engine.write("c2", 1, "quick");
  is_reader_held = true;
  begin();
  tell(subscription("slow", "web", false));
  ASSERT_TRUE(run_until([&] { return open_calls == 1; }));
  is_reader_held = false;  // for calls that begin from now on: the first one waits still
  tell(subscription("quick", "db", false));
  ASSERT_TRUE(run_until([&] { return closed == Lines{"quick"}; }));
  EXPECT_EQ(bytes, 6u);
  let_go.notify();
  ASSERT_TRUE(run_until([&] { return closed.size() == 2; }));
  EXPECT_EQ(bytes, 6u + 500 * (text.size() + 1));
}

TEST_F(LogPublisherTest, a_lost_session_ends_all_reading_and_the_next_begins_anew) {
  engine.add("c1", "t1", "web", true);
  engine.write("c1", 1, "one");
  begin();
  tell(subscription("s1", "web", true));
  ASSERT_TRUE(run_until([&] { return lines.size() == 1; }));
  channel->close();
  ASSERT_TRUE(run_until([&] { return engine.containers["c1"].log->readers == 0; }));

  listener.reset();
  channel = connect();
  publisher.use(channel);
  ASSERT_TRUE(run_until([&] { return listener != nullptr; }));
  tell(subscription("s1", "web", true));
  ASSERT_TRUE(run_until([&] { return lines.size() == 2; }));
  EXPECT_EQ(listens, 2);
  // The session changes without having broken.
  auto old = std::exchange(listener, nullptr);
  publisher.use(connect());
  ASSERT_TRUE(run_until([&] { return listener != nullptr && !old->is_open(); }));
  tell(subscription("s1", "web", true));
  ASSERT_TRUE(run_until([&] { return lines.size() == 3 && engine.containers["c1"].log->readers == 1; }));
}

TEST_F(LogPublisherTest, an_engine_that_breaks_off_is_followed_anew_when_the_manager_has_said_from_where) {
  engine.add("c1", "t1", "web", true);
  engine.write("c1", 1, "one");
  begin();
  tell(subscription("s1", "web", true));
  ASSERT_TRUE(run_until([&] { return lines.size() == 1; }));
  engine.break_off("c1");
  ASSERT_TRUE(run_until([&] { return listens == 2; }));
  EXPECT_TRUE(channel->is_open());
  engine.containers["c1"].log->is_broken = false;
  auto again = subscription("s1", "web", true);
  again.mutable_options()->mutable_since()->set_seconds(1);
  tell(again);
  ASSERT_TRUE(run_until([&] { return lines.size() == 2; }));
  EXPECT_TRUE(engine.queries.back().ends_with("&since=1970-01-01T00%3A00%3A00.999000000Z"));
}

TEST_F(LogPublisherTest, a_manager_without_logs_is_left_alone) {
  has_broker = false;
  begin();
  bool is_answered = false;
  channel->on_closed([](const Error& why) { FAIL() << why.text(); });
  boost::asio::co_spawn(
      io,
      [&]() -> awaitable<void> {
        (void)co_await channel->unary_bytes("/none", "");
        is_answered = true;
      },
      [](std::exception_ptr failed) { EXPECT_FALSE(failed); });
  ASSERT_TRUE(run_until([&] { return is_answered; }));
  EXPECT_TRUE(channel->is_open());
}

}  // namespace
}  // namespace skein::agent
