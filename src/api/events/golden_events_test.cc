// Programs that watch Docker's events get ours in the same form, and the same ones of them for their filters.
#include <boost/asio/co_spawn.hpp>
#include <sstream>

#include "api/containers/collected_for_test.h"
#include "api/events/event_bus.h"
#include "io/http/golden_for_test.h"

namespace skein::api {
namespace {

using nlohmann::json;

std::map<std::string, io::http::CapturedExchange> captured_events() {
  std::map<std::string, io::http::CapturedExchange> events;
  for (auto& exchange : io::http::captured_exchanges())
    if (exchange.name.starts_with("events-")) events.emplace(exchange.name, exchange);
  return events;
}

// The answer of a bus on which `events` happened, line by line.
json answer(const json& events, const std::string& target) {
  boost::asio::io_context loop;
  EventBus bus(loop);
  for (const json& event : events) bus.publish(event);
  io::http::Request request;
  request.query = io::http::Query::parse(target.substr(target.find('?') + 1));
  if (!request.query.has("until")) {  // the captured client went away by itself
    request.query.set("since", "1");
    request.query.set("until", "1795387999");
  }
  Collected sink;
  boost::asio::co_spawn(
      loop,
      [&]() -> boost::asio::awaitable<void> {
        auto response = co_await bus.answer(request);
        EXPECT_EQ(response.status, 200);
        if (response.stream) co_await response.stream(sink);
      },
      [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
  loop.run_for(std::chrono::seconds(20));
  json lines = json::array();
  std::istringstream text(sink.text);
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST(GoldenEvents, captured_filters_choose_the_events_that_docker_chose) {
  const auto captured = captured_events();
  ASSERT_EQ(captured.size(), 3u);
  const json& of_worker = captured.at("events-worker").stated["body_json_lines"];
  const json& of_swarm = captured.at("events-manager-swarm").stated["body_json_lines"];
  json all = of_worker;
  all.insert(all.end(), of_swarm.begin(), of_swarm.end());
  EXPECT_EQ(answer(all, captured.at("events-manager-swarm").target()), of_swarm);
  const json& of_span = captured.at("events-until").stated["body_json_lines"];
  EXPECT_EQ(answer(of_swarm, captured.at("events-until").target()), of_span);
  // The swarm's network events pass the filter, too; no daemon had both kinds.
  json chosen = of_worker;
  std::copy_if(of_swarm.begin(), of_swarm.end(), std::back_inserter(chosen),
               [](const json& event) { return event["Type"] == "network"; });
  EXPECT_EQ(answer(all, captured.at("events-worker").target()), chosen);
}

TEST(GoldenEvents, an_event_of_the_swarm_is_made_as_docker_makes_it) {
  const auto captured = captured_events();
  for (const json& event : captured.at("events-manager-swarm").stated["body_json_lines"]) {
    const json& actor = event["Actor"];
    EXPECT_EQ(make_event(event["Type"], event["Action"], actor["ID"], actor["Attributes"], event["scope"],
                         WallTime{event["timeNano"]}),
              event);
  }
}

}  // namespace
}  // namespace skein::api
