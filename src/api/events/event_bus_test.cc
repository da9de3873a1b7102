#include "api/events/event_bus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "api/containers/collected_for_test.h"
#include "containers/life/exit_waits.h"

namespace skein::api {
namespace {

using nlohmann::json;

json event(int64_t second, const std::string& action, const std::string& name) {
  return make_event("service", action, "id-of-" + name, {{"name", name}}, "swarm", WallTime{second * 1'000'000'000});
}

std::string ask(EventBus& bus, boost::asio::io_context& loop, const std::string& query) {
  io::http::Request request;
  request.query = io::http::Query::parse(query);
  Collected sink;
  int status = 0;
  boost::asio::co_spawn(
      loop,
      [&]() -> boost::asio::awaitable<void> {
        auto response = co_await bus.answer(request);
        status = response.status;
        if (response.stream) co_await response.stream(sink);
      },
      [](const std::exception_ptr& e) { EXPECT_FALSE(e); });
  loop.restart();
  loop.run_for(std::chrono::seconds(20));
  return std::to_string(status) + "\n" + sink.text;
}

TEST(Events, of_a_span_are_told_in_order_and_filtered) {
  boost::asio::io_context loop;
  EventBus bus(loop);
  bus.publish(event(10, "create", "a"));
  bus.publish(event(20, "create", "b"));
  bus.publish(event(30, "update", "a"));
  std::string all = ask(bus, loop, "since=15&until=40");
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 3);
  EXPECT_LT(all.find("id-of-b"), all.find("id-of-a"));
  std::string some =
      ask(bus, loop,
          "since=0&until=40&filters=" + io::http::percent_encode(R"({"event":{"create":true},"service":["a"]})"));
  EXPECT_EQ(std::count(some.begin(), some.end(), '\n'), 2) << some;
  EXPECT_TRUE(ask(bus, loop, "filters=%7B%22nosuch%22%3A%5B%22x%22%5D%7D").starts_with("400"));
  EXPECT_TRUE(ask(bus, loop, "filters=x").starts_with("400"));
  EXPECT_TRUE(ask(bus, loop, "since=yesterday").starts_with("400"));
}

TEST(Events, only_the_newest_are_kept) {
  boost::asio::io_context loop;
  EventBus bus(loop);
  for (int i = 1; i <= 1000; ++i) bus.publish(event(i, "create", "s" + std::to_string(i)));
  std::string all = ask(bus, loop, "since=0&until=2000");
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 257);
  EXPECT_NE(all.find("id-of-s1000"), std::string::npos);
}

// `docker run --rm` exits with the container's code, though the container is gone when it asks.
TEST(ExitWaits, removal_is_told_with_the_code_of_the_exit_before) {
  boost::asio::io_context loop;
  containers::ExitWaits waits(loop);
  auto exit = waits.join("c", containers::ExitWaits::Until::kExit);
  auto removal = waits.join("c", containers::ExitWaits::Until::kRemoval);
  auto other = waits.join("d", containers::ExitWaits::Until::kExit);
  std::vector<std::string> told;
  auto listen = [&](const std::string& name, const std::shared_ptr<containers::ExitWaits::Ticket>& ticket) {
    boost::asio::co_spawn(loop, ticket->wait(), [&told, name, ticket](const std::exception_ptr&, int code) {
      told.push_back(name + std::to_string(code));
    });
  };
  listen("exit", exit);
  listen("removal", removal);
  listen("other", other);
  loop.poll();
  EXPECT_TRUE(told.empty());
  waits.on_exit("c", 5);
  loop.poll();
  EXPECT_EQ(told, std::vector<std::string>{"exit5"});
  waits.on_removed("c");
  loop.poll();
  EXPECT_EQ(told, (std::vector<std::string>{"exit5", "removal5"}));
  waits.on_removed("d");
  loop.poll();
  EXPECT_EQ(told.back(), "other0");
}

TEST(ExitWaits, an_exit_that_was_told_wins_over_what_was_read) {
  boost::asio::io_context loop;
  containers::ExitWaits waits(loop);
  auto told = waits.join("c", containers::ExitWaits::Until::kRemoval);
  waits.on_exit("c", 137);
  told->set_past_code(0);
  auto read = waits.join("d", containers::ExitWaits::Until::kRemoval);
  read->set_past_code(3);
  std::vector<int> codes;
  for (auto& ticket : {told, read}) {
    ticket->finish();
    boost::asio::co_spawn(loop, ticket->wait(),
                          [&codes](const std::exception_ptr&, int code) { codes.push_back(code); });
  }
  loop.run_for(std::chrono::seconds(20));
  EXPECT_EQ(codes, (std::vector<int>{137, 3}));
}

}  // namespace
}  // namespace skein::api
