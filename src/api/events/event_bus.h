// The events of this host and of the swarm, for GET /events: the engine's, and those that other parts publish.
//
// The last 256 are kept for `since`, as Docker keeps them. A reader that falls 1024 events behind loses the oldest.
// Loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <list>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/events/event_filters.h"
#include "api/events/event_format.h"
#include "base/result.h"
#include "base/time/clock.h"
#include "io/http/message.h"
#include "io/loop/timer.h"

namespace skein::api {

// A swarm or local event in Docker's form.
nlohmann::json make_event(const std::string& type, const std::string& action, const std::string& id,
                          const nlohmann::json& attributes, const std::string& scope, WallTime time);

class EventBus {
 public:
  explicit EventBus(boost::asio::io_context& loop) : loop_(loop) {}

  // `event` has Type, Action, Actor, scope, time, timeNano.
  void publish(nlohmann::json event);

  // The handler of GET /events.
  boost::asio::awaitable<io::http::Response> answer(io::http::Request& request);

 private:
  struct Reader {
    explicit Reader(boost::asio::io_context& loop) : wake(loop, TimePoint::never()) {}
    std::deque<nlohmann::json> queue;
    io::Timer wake;
  };
  // What a client has asked for.
  struct Wish {
    EventFilters filters;
    EventFormat format;
    std::optional<int64_t> since_ns = {};
    std::optional<int64_t> until_ns = {};
  };
  static Result<void> read_span(Wish& wish, const io::http::Query& query, WallTime now);
  boost::asio::awaitable<void> stream(io::http::BodySink& sink, Wish wish);

  boost::asio::io_context& loop_;
  std::deque<nlohmann::json> recent_;
  std::list<std::shared_ptr<Reader>> readers_;
};

}  // namespace skein::api
