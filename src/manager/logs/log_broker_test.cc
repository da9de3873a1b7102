// Lines find their way from the tasks' nodes to the reader; whoever is slow, gone or lying harms nobody else.
#include "manager/logs/log_broker.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>

#include "manager/logs/log_node_for_test.h"
#include "store/memory_journal.h"

namespace skein::manager {
namespace {

namespace asio = boost::asio;

struct Publisher {
  std::shared_ptr<PublishingForTest> stream;
  std::shared_ptr<std::optional<Result<api::PublishLogsResponse>>> answer;
};

class LogBrokerTest : public ::testing::Test {
 protected:
  LogBrokerTest() { broker = std::make_unique<LogBroker>(io.get_executor(), store, random); }
  // Drops what still waits before its owners go.
  ~LogBrokerTest() override { reader.reset(), broker.reset(), settle(); }

  void settle() {
    io.restart();
    io.poll();
  }
  void put_task(const std::string& id, const std::string& service, const std::string& node,
                store::api::TaskState state = store::api::RUNNING) {
    asio::co_spawn(io, store.update([=](store::Transaction& tx) -> Result<void> {
      store::api::Task task;
      task.set_id(id);
      task.set_service_id(service);
      task.set_node_id(node);
      task.mutable_status()->set_state(state);
      if (tx.view().get<store::api::Task>(id))
        tx.update(task);
      else
        tx.create(task);
      return {};
    }),
                   [](std::exception_ptr failed, Result<void> done) { EXPECT_TRUE(!failed && done.ok()); });
    settle();
  }
  std::shared_ptr<ListeningForTest> connect(const std::string& node) {
    auto stream = std::make_shared<ListeningForTest>();
    broker->listen(node, std::make_shared<LogBroker::SubscriptionWriter>(stream));
    return stream;
  }
  Publisher publish(const std::string& node) {
    Publisher out{std::make_shared<PublishingForTest>(io),
                  std::make_shared<std::optional<Result<api::PublishLogsResponse>>>()};
    asio::co_spawn(
        io,
        [](LogBroker::Reply<api::PublishLogsResponse> work, auto answer) -> asio::awaitable<void> {
          answer->emplace(co_await std::move(work));
        }(broker->publish(node, std::make_shared<LogBroker::PublishReader>(out.stream)), out.answer),
        [](std::exception_ptr failed) { EXPECT_FALSE(failed); });
    settle();
    return out;
  }
  void subscribe(const std::string& service, bool is_following) {
    api::LogSelector selector;
    selector.add_service_ids(service);
    api::LogSubscriptionOptions options;
    options.set_follow(is_following);
    options.set_tail(-4);
    auto made = broker->subscribe(selector, options);
    ASSERT_TRUE(made.ok()) << made.error().text();
    reader = std::move(*made);
  }
  // Everything that is there now; then the outcome if the subscription is over.
  void read() {
    asio::co_spawn(
        io,
        [](LogBrokerTest& self) -> asio::awaitable<void> {
          for (;;) {
            auto messages = co_await self.reader->next();
            if (!messages.ok()) co_return self.outcome.emplace(messages.error()), void();
            if (!*messages) co_return self.outcome.emplace(), void();
            for (const auto& message : **messages) self.text += message.data() + "\n";
          }
        }(*this),
        [](std::exception_ptr failed) { EXPECT_FALSE(failed); });
    settle();
  }
  asio::io_context io{1};
  SeededRandom random{1};
  store::Store store{io.get_executor(),
                     std::make_unique<store::MemoryJournal>(std::make_shared<store::MemoryJournal::Contents>()),
                     system_clock()};
  std::unique_ptr<LogBroker> broker;
  std::unique_ptr<cluster::LogReader> reader;
  std::string text;
  std::optional<Result<void>> outcome;
};

TEST_F(LogBrokerTest, lines_of_all_nodes_arrive_and_the_end_comes_when_all_have_ended) {
  put_task("t1", "web", "n1");
  put_task("t2", "web", "n2");
  auto n1 = connect("n1"), n2 = connect("n2"), n3 = connect("n3");
  subscribe("web", false);
  read();
  ASSERT_EQ(n1->heard.size(), 1u);
  ASSERT_EQ(n2->heard.size(), 1u);
  EXPECT_TRUE(n3->heard.empty());
  std::string id = n1->heard[0].id();
  EXPECT_EQ(id, n2->heard[0].id());
  EXPECT_EQ(n1->heard[0].selector().service_ids(0), "web");
  EXPECT_EQ(n1->heard[0].options().tail(), -4);
  EXPECT_FALSE(n1->heard[0].close());

  auto p1 = publish("n1"), p2 = publish("n2");
  p1.stream->send(published(id, "n1", "t1", "one"));
  settle();
  p2.stream->send(published(id, "n2", "t2", "two"));
  settle();
  p1.stream->send(published(id, "n1", "t1", "three"));
  p1.stream->send(published_end(id));
  settle();
  EXPECT_EQ(text, "one\ntwo\nthree\n");
  EXPECT_FALSE(outcome);
  EXPECT_TRUE(p1.answer->has_value() && (*p1.answer)->ok());
  p2.stream->send(published_end(id));
  settle();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->ok());
  reader.reset();
  ASSERT_EQ(n1->heard.size(), 2u);
  EXPECT_TRUE(n1->heard[1].close());
  EXPECT_EQ(n1->heard[1].id(), id);
}

TEST_F(LogBrokerTest, a_node_that_is_down_is_named_after_what_the_others_told) {
  put_task("t1", "web", "n1");
  put_task("t2", "web", "n2");
  auto n1 = connect("n1");
  subscribe("web", false);
  std::string id = n1->heard.at(0).id();
  auto p1 = publish("n1");
  p1.stream->send(published(id, "n1", "t1", "one"));
  p1.stream->send(published_end(id));
  settle();
  read();
  EXPECT_EQ(text, "one\n");
  ASSERT_TRUE(outcome && !outcome->ok());
  EXPECT_EQ(outcome->error().text(),
            "warning: incomplete log stream. some logs could not be retrieved for the following reasons: node n2 is "
            "not available");
}

TEST_F(LogBrokerTest, a_service_without_tasks_has_an_empty_log) {
  subscribe("web", false);
  read();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->ok());
}

TEST_F(LogBrokerTest, a_node_that_goes_away_midway_is_named) {
  put_task("t1", "web", "n1");
  put_task("t2", "web", "n2");
  auto n1 = connect("n1"), n2 = connect("n2");
  subscribe("web", false);
  std::string id = n1->heard.at(0).id();
  auto p1 = publish("n1");
  p1.stream->send(published(id, "n1", "t1", "half"));
  settle();
  p1.stream->break_off();
  settle();
  n2->close();
  read();
  EXPECT_EQ(text, "half\n");
  ASSERT_TRUE(outcome && !outcome->ok());
  EXPECT_NE(outcome->error().text().find("node n1 disconnected unexpectedly, node n2 disconnected unexpectedly"),
            std::string::npos);
}

TEST_F(LogBrokerTest, a_node_that_ends_without_closing_has_left_something_out) {
  put_task("t1", "web", "n1");
  auto n1 = connect("n1");
  subscribe("web", false);
  read();
  auto p1 = publish("n1");
  p1.stream->send(published(n1->heard.at(0).id(), "n1", "t1", "one"));
  p1.stream->end();
  settle();
  EXPECT_EQ(text, "one\n");
  ASSERT_TRUE(outcome && !outcome->ok());
  EXPECT_NE(outcome->error().text().find("node n1 could not read all of its logs"), std::string::npos);
}

TEST_F(LogBrokerTest, a_session_that_replaces_another_is_no_disconnection) {
  put_task("t1", "web", "n1");
  auto before = connect("n1");
  subscribe("web", false);
  read();
  auto after = connect("n1");
  before->close();
  settle();
  EXPECT_FALSE(outcome);
  ASSERT_EQ(after->heard.size(), 1u);
}

TEST_F(LogBrokerTest, following_reaches_nodes_that_get_a_task_later_and_once_only) {
  auto n1 = connect("n1");
  subscribe("web", true);
  read();
  EXPECT_TRUE(n1->heard.empty());
  put_task("t1", "web", "n1", store::api::ASSIGNED);
  put_task("t1", "web", "n1", store::api::RUNNING);
  put_task("t2", "web", "n1");
  ASSERT_EQ(n1->heard.size(), 1u);
  std::string id = n1->heard[0].id();
  auto p1 = publish("n1");
  p1.stream->send(published(id, "n1", "t1", "late"));
  p1.stream->send(published_end(id));
  settle();
  EXPECT_EQ(text, "late\n");
  EXPECT_FALSE(outcome);
}

TEST_F(LogBrokerTest, following_goes_on_after_a_break_without_repeating) {
  put_task("t1", "web", "n1");
  auto before = connect("n1");
  subscribe("web", true);
  read();
  std::string id = before->heard.at(0).id();
  auto p1 = publish("n1");
  p1.stream->send(published(id, "n1", "t1", "one", 10));
  p1.stream->send(published(id, "n1", "t1", "two", 20));
  settle();
  p1.stream->break_off();
  before->close();
  settle();

  auto after = connect("n1");
  ASSERT_EQ(after->heard.size(), 1u);
  EXPECT_EQ(after->heard[0].options().since().seconds(), 20);
  EXPECT_EQ(after->heard[0].options().tail(), 0);
  EXPECT_TRUE(after->heard[0].options().follow());
  auto p2 = publish("n1");
  p2.stream->send(published(id, "n1", "t1", "two", 20));
  p2.stream->send(published(id, "n1", "t1", "three", 30));
  settle();
  EXPECT_EQ(text, "one\ntwo\nthree\n");
  EXPECT_FALSE(outcome);
}

TEST_F(LogBrokerTest, publishers_wait_for_a_slow_reader) {
  put_task("t1", "web", "n1");
  auto n1 = connect("n1");
  subscribe("web", true);
  std::string id = n1->heard.at(0).id();
  auto p1 = publish("n1");
  const std::string data(100'000, 'x');
  for (int i = 0; i < 100; ++i) p1.stream->send(published(id, "n1", "t1", data));
  settle();
  EXPECT_GE(p1.stream->taken, 10);
  EXPECT_LE(p1.stream->taken, 13);
  read();
  EXPECT_EQ(p1.stream->taken, 100);
  EXPECT_EQ(text.size(), 100 * (data.size() + 1));
}

TEST_F(LogBrokerTest, publishers_end_when_the_reader_goes_away) {
  put_task("t1", "web", "n1");
  auto n1 = connect("n1");
  subscribe("web", true);
  std::string id = n1->heard.at(0).id();
  auto p1 = publish("n1");
  for (int i = 0; i < 100; ++i) p1.stream->send(published(id, "n1", "t1", std::string(100'000, 'x')));
  settle();
  reader.reset();
  settle();
  ASSERT_TRUE(p1.answer->has_value());
  EXPECT_TRUE((*p1.answer)->ok());
  ASSERT_EQ(n1->heard.size(), 2u);
  EXPECT_TRUE(n1->heard[1].close());
  auto late = publish("n1");
  late.stream->send(published(id, "n1", "t1", "late"));
  settle();
  ASSERT_TRUE(late.answer->has_value() && !(*late.answer)->ok());
  EXPECT_EQ((*late.answer)->error().text(), "unknown subscription ID");
}

TEST_F(LogBrokerTest, a_node_speaks_for_itself_only) {
  put_task("t1", "web", "n1");
  put_task("t2", "web", "n2");
  auto n1 = connect("n1"), n2 = connect("n2"), n3 = connect("n3");
  subscribe("web", true);
  read();
  std::string id = n1->heard.at(0).id();
  struct Case {
    const char* from;
    api::PublishLogsMessage message;
    Code code;
  };
  auto no_id = published("", "n1", "t1", "x");
  auto bad_time = published(id, "n1", "t1", "x", -1);
  auto huge_time = published(id, "n1", "t1", "x", INT64_MAX);
  for (const Case& each :
       {Case{"n1", published(id, "n2", "t2", "forged"), Code::kPermissionDenied},
        Case{"n1", published(id, "n1", "t2", "forged"), Code::kPermissionDenied},
        Case{"n3", published(id, "n3", "t1", "uninvited"), Code::kNotFound},
        Case{"n1", published("other", "n1", "t1", "x"), Code::kNotFound}, Case{"n1", no_id, Code::kInvalidArgument},
        Case{"n1", bad_time, Code::kInvalidArgument}, Case{"n1", huge_time, Code::kInvalidArgument},
        Case{"n1", published(id, "n1", "t1", std::string(1 << 20, 'x')), Code::kResourceExhausted}}) {
    auto p = publish(each.from);
    p.stream->send(each.message);
    settle();
    ASSERT_TRUE(p.answer->has_value() && !(*p.answer)->ok()) << each.message.ShortDebugString().substr(0, 200);
    EXPECT_EQ((*p.answer)->error().code, each.code) << each.message.ShortDebugString().substr(0, 200);
  }
  EXPECT_EQ(text, "");
  EXPECT_FALSE(outcome);
}

TEST_F(LogBrokerTest, one_stream_serves_one_subscription) {
  put_task("t1", "web", "n1");
  auto n1 = connect("n1");
  subscribe("web", false);
  read();
  std::string id = n1->heard.at(0).id();
  auto p1 = publish("n1");
  p1.stream->send(published(id, "n1", "t1", "one"));
  p1.stream->send(published("another", "n1", "t1", "two"));
  settle();
  ASSERT_TRUE(p1.answer->has_value() && !(*p1.answer)->ok());
  EXPECT_EQ((*p1.answer)->error().code, Code::kInvalidArgument);
  EXPECT_EQ(text, "one\n");
  EXPECT_TRUE(outcome && !outcome->ok());
}

TEST_F(LogBrokerTest, a_node_that_does_not_listen_any_more_is_no_trouble) {
  put_task("t1", "web", "n1");
  auto n1 = connect("n1");
  n1->is_failing = true;
  subscribe("web", false);
  read();
  ASSERT_TRUE(outcome && !outcome->ok());
  EXPECT_NE(outcome->error().text().find("node n1 disconnected unexpectedly"), std::string::npos);
}

TEST_F(LogBrokerTest, subscriptions_are_limited_and_given_back) {
  api::LogSelector selector;
  EXPECT_EQ(broker->subscribe(selector, {}).error().text(), "log selector must not be empty");
  for (int i = 0; i < 2000; ++i) selector.add_task_ids("t");
  EXPECT_EQ(broker->subscribe(selector, {}).error().code, Code::kInvalidArgument);
  selector.clear_task_ids();
  selector.add_service_ids("web");
  std::vector<std::unique_ptr<cluster::LogReader>> readers;
  for (;;) {
    auto made = broker->subscribe(selector, {});
    if (!made.ok()) {
      EXPECT_EQ(made.error().code, Code::kResourceExhausted);
      break;
    }
    readers.push_back(std::move(*made));
    ASSERT_LE(readers.size(), 10'000u);
  }
  readers.pop_back();
  EXPECT_TRUE(broker->subscribe(selector, {}).ok());
}

TEST_F(LogBrokerTest, a_reader_may_outlive_the_broker) {
  put_task("t1", "web", "n1");
  auto n1 = connect("n1");
  subscribe("web", true);
  std::string id = n1->heard.at(0).id();
  auto p1 = publish("n1");
  read();
  broker.reset();
  settle();
  ASSERT_TRUE(outcome && !outcome->ok());
  EXPECT_EQ(outcome->error().code, Code::kAborted);
  p1.stream->send(published(id, "n1", "t1", "late"));
  settle();
  EXPECT_TRUE(p1.answer->has_value());
  n1->close();
}

}  // namespace
}  // namespace skein::manager
