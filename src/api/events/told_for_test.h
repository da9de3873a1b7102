// What an event bus has told, for tests.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "api/containers/collected_for_test.h"
#include "api/events/event_bus.h"
#include "io/loop/context.h"

namespace skein::api {

// "ACTION ID" of each event of the first thousand seconds, in order. Runs the loop.
inline std::vector<std::string> told_by(EventBus& bus, io::Context& loop) {
  io::http::Request request;
  request.query = io::http::Query::parse("since=0&until=1000");
  Collected sink;
  boost::asio::co_spawn(
      loop,
      [&]() -> boost::asio::awaitable<void> {
        auto response = co_await bus.answer(request);
        co_await response.stream(sink);
      },
      [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
  loop.restart();
  loop.run();
  std::vector<std::string> out;
  std::istringstream lines(sink.text);
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    out.push_back(event["Action"].get<std::string>() + " " + event["Actor"]["ID"].get<std::string>());
  }
  return out;
}

}  // namespace skein::api
