// Docker's clients can read the logs of services: their lines, whose they are, and what is missing.
#include "api/logs/log_stream.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "api/containers/collected_for_test.h"
#include "manager/logs/log_node_for_test.h"
#include "store/memory_journal.h"

namespace skein::api {
namespace {

namespace wire = manager::api;

Result<LogQuery> parsed(const std::string& text) { return parse_log_query(io::http::Query::parse(text)); }

TEST(LogQuery, is_what_dockers_client_sends) {
  auto query = parsed("details=1&follow=1&since=1795382256.000000005&stderr=1&stdout=1&tail=3&timestamps=1");
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->options.streams_size(), 2);
  EXPECT_TRUE(query->options.follow());
  EXPECT_EQ(query->options.tail(), -4);
  EXPECT_EQ(query->options.since().seconds(), 1795382256);
  EXPECT_EQ(query->options.since().nanos(), 5);
  EXPECT_TRUE(query->has_timestamps && query->has_details);

  query = parsed("stdout=1&tail=all");
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->options.streams_size(), 1);
  EXPECT_FALSE(query->options.follow() || query->options.has_since() || query->has_timestamps || query->has_details);
  EXPECT_EQ(query->options.tail(), 0);
  EXPECT_EQ(parsed("stdout=1&tail=0")->options.tail(), -1);
}

TEST(LogQuery, that_makes_no_sense_is_refused) {
  for (const char* text :
       {"", "stdout=0&stderr=false", "stdout=1&tail=x", "stdout=1&tail=-1", "stdout=1&tail=3x",
        "stdout=1&tail=9223372036854775807", "stdout=1&tail=99999999999999999999", "stdout=1&since=yesterday"}) {
    auto query = parsed(text);
    ASSERT_FALSE(query.ok()) << text;
    EXPECT_EQ(query.error().code, Code::kInvalidArgument);
  }
}

TEST(LogSource, is_found_by_name_or_prefix_and_knows_of_terminals) {
  store::Tables view;
  auto service = std::make_shared<store::api::Service>();
  service->set_id("svc1");
  service->mutable_spec()->mutable_annotations()->set_name("web");
  service->mutable_spec()->mutable_task()->mutable_container()->set_tty(true);
  view.apply(
      {model::Kind::kService, "svc1", store::Ref<store::api::Service>(), store::Ref<store::api::Service>(service)});
  for (auto [id, is_container] : {std::pair{"tsk1", true}, {"tsk2", false}}) {
    auto task = std::make_shared<store::api::Task>();
    task->set_id(id);
    if (is_container)
      task->mutable_spec()->mutable_container();
    else
      task->mutable_spec()->mutable_attachment();
    view.apply({model::Kind::kTask, id, store::Ref<store::api::Task>(), store::Ref<store::api::Task>(task)});
  }
  auto found = logs_of_service(view, "web");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->selector.service_ids(0), "svc1");
  EXPECT_TRUE(found->has_terminal);
  EXPECT_EQ(logs_of_service(view, "db").error().text(), "service db not found");
  found = logs_of_task(view, "tsk1");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->selector.task_ids(0), "tsk1");
  EXPECT_FALSE(found->has_terminal);
  EXPECT_EQ(logs_of_task(view, "tsk2").error().text(), "logs only supported on container tasks");
}

wire::LogMessage message(wire::LogStream stream, const std::string& data) {
  wire::LogMessage out;
  out.mutable_context()->set_node_id("n1");
  out.mutable_context()->set_service_id("s1");
  out.mutable_context()->set_task_id("t1");
  out.mutable_timestamp()->set_seconds(1'795'341'600);
  out.mutable_timestamp()->set_nanos(5);
  out.set_stream(stream);
  out.set_data(data);
  return out;
}

std::string head(char stream, char size) { return std::string{stream, 0, 0, 0, 0, 0, 0, size}; }

TEST(LogFormat, is_a_frame_or_plain_on_a_terminal) {
  auto query = *parsed("stdout=1&stderr=1");
  EXPECT_EQ(format_log(message(wire::STDOUT, "hello\n"), query, false), head(1, 6) + "hello\n");
  EXPECT_EQ(format_log(message(wire::STDERR, "oh\n"), query, false), head(2, 3) + "oh\n");
  EXPECT_EQ(format_log(message(wire::STDOUT, "hello\r\n"), query, true), "hello\r\n");
  EXPECT_EQ(format_log(message(wire::LOG_STREAM_UNKNOWN, "x"), query, false), "");
  EXPECT_EQ(format_log(message(wire::STDERR, "oh\n"), *parsed("stdout=1"), false), "");
  std::string large = format_log(message(wire::STDOUT, std::string(0x012345, 'x')), query, false);
  EXPECT_EQ(large.substr(0, 8), std::string("\1\0\0\0\0\1\x23\x45", 8));
}

TEST(LogFormat, tells_time_and_owner_as_dockers_client_expects) {
  auto query = *parsed("stdout=1&timestamps=1&details=1");
  const std::string owner = "com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=t1";
  EXPECT_EQ(format_log(message(wire::STDOUT, "hello world\n"), query, true),
            "2026-11-22T10:00:00.000000005Z " + owner + " hello world\n");
  auto with_details = message(wire::STDOUT, "x\n");
  for (auto [key, value] : {std::pair{"tag", "a b,c"}, {"com.docker.swarm.node.id", "forged"}, {"aaa", "1"}}) {
    auto* attribute = with_details.add_attrs();
    attribute->set_key(key);
    attribute->set_value(value);
  }
  EXPECT_EQ(format_log(with_details, *parsed("stdout=1&details=1"), true), "aaa=1," + owner + ",tag=a%20b%2Cc x\n");
}

class LogStreamTest : public ::testing::Test {
 protected:
  void settle() {
    io.restart();
    io.poll();
  }
  io::http::Response open(const std::string& query, const std::string& node, bool has_terminal = false,
                          io::http::ApiVersion version = {1, 41}) {
    LogSource source;
    source.selector.add_node_ids(node);
    source.has_terminal = has_terminal;
    return stream_logs(broker, source, *parsed(query), version);
  }
  void run(io::http::Response response) {
    boost::asio::co_spawn(
        io,
        [](io::http::Response answer, LogStreamTest& self) -> boost::asio::awaitable<void> {
          co_await answer.stream(self.sink);
          self.is_over = true;
        }(std::move(response), *this),
        [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); });
    settle();
  }
  std::shared_ptr<manager::ListeningForTest> listen(const std::string& node) {
    auto stream = std::make_shared<manager::ListeningForTest>();
    broker.listen(node, std::make_shared<manager::LogBroker::SubscriptionWriter>(stream));
    return stream;
  }
  std::shared_ptr<manager::PublishingForTest> publish(const std::string& node) {
    auto stream = std::make_shared<manager::PublishingForTest>(io);
    boost::asio::co_spawn(
        io,
        [](manager::LogBroker::Reply<wire::PublishLogsResponse> work) -> boost::asio::awaitable<void> {
          (void)co_await std::move(work);
        }(broker.publish(node, std::make_shared<manager::LogBroker::PublishReader>(stream))),
        [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); });
    return stream;
  }

  boost::asio::io_context io{1};
  SeededRandom random{1};
  store::Store store{io.get_executor(),
                     std::make_unique<store::MemoryJournal>(std::make_shared<store::MemoryJournal::Contents>()),
                     system_clock()};
  Collected sink;
  bool is_over = false;
  manager::LogBroker broker{io.get_executor(), store, random};
};

TEST_F(LogStreamTest, ends_with_the_logs) {
  auto node = listen("n1");
  run(open("stdout=1&tail=3", "n1"));
  ASSERT_EQ(node->heard.size(), 1u);
  EXPECT_EQ(node->heard[0].options().tail(), -4);
  auto publisher = publish("n1");
  publisher->send(manager::published(node->heard[0].id(), "n1", "t1", "hello\n"));
  settle();
  EXPECT_EQ(sink.text, head(1, 6) + "hello\n");
  EXPECT_FALSE(is_over);
  publisher->send(manager::published_end(node->heard[0].id()));
  settle();
  EXPECT_TRUE(is_over);
  EXPECT_EQ(sink.text, head(1, 6) + "hello\n");
  EXPECT_TRUE(node->heard.back().close());
}

// The bytes of a Docker daemon in the same situation.
TEST_F(LogStreamTest, of_a_node_that_is_down_says_so_as_docker_does) {
  run(open("details=1&stderr=1&stdout=1&tail=3", "plpywaj7dejzc86zj3hier4rk"));
  EXPECT_TRUE(is_over);
  EXPECT_EQ(sink.text, std::string("\3\0\0\0\0\0\0\xc2", 8) +
                           "Error grabbing logs: rpc error: code = Unknown desc = warning: incomplete log stream. some "
                           "logs could not be retrieved for the following reasons: node plpywaj7dejzc86zj3hier4rk is "
                           "not available\n");
}

TEST_F(LogStreamTest, of_terminals_is_plain) {
  run(open("stdout=1", "n1", true));
  EXPECT_TRUE(sink.text.starts_with("Error grabbing logs: "));
}

TEST_F(LogStreamTest, ends_the_subscription_when_the_client_goes_away) {
  auto node = listen("n1");
  sink.is_broken = true;
  run(open("stdout=1&follow=1", "n1"));
  auto publisher = publish("n1");
  publisher->send(manager::published(node->heard.at(0).id(), "n1", "t1", "hello\n"));
  settle();
  EXPECT_TRUE(is_over);
  EXPECT_TRUE(node->heard.back().close());
  // One that never began to stream, too.
  (void)open("stdout=1&follow=1", "n1");
  ASSERT_EQ(node->heard.size(), 4u);
  EXPECT_TRUE(node->heard.back().close());
}

TEST_F(LogStreamTest, is_named_by_its_form_for_clients_that_know_the_difference) {
  EXPECT_EQ(open("stdout=1", "n1").headers.get("Content-Type"), "application/vnd.docker.raw-stream");
  EXPECT_EQ(open("stdout=1", "n1", false, {1, 42}).headers.get("Content-Type"),
            "application/vnd.docker.multiplexed-stream");
  EXPECT_EQ(open("stdout=1", "n1", true, {1, 42}).headers.get("Content-Type"), "application/vnd.docker.raw-stream");
}

}  // namespace
}  // namespace skein::api
