#include "api/events/event_bus.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/time/moment.h"
#include "io/loop/loop.h"

namespace skein::api {

using nlohmann::json;

namespace {

constexpr size_t kRecentMax = 256;
constexpr size_t kReaderQueueMax = 1024;

int64_t time_of(const json& event) {
  auto found = event.find("timeNano");
  return found != event.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

}  // namespace

json make_event(const std::string& type, const std::string& action, const std::string& id, const json& attributes,
                const std::string& scope, WallTime time) {
  return {{"Type", type},
          {"Action", action},
          {"Actor", {{"ID", id}, {"Attributes", attributes.is_object() ? attributes : json::object()}}},
          {"scope", scope},
          {"time", time.seconds()},
          {"timeNano", time.ns}};
}

void EventBus::publish(json event) {
  for (auto& reader : readers_) {
    if (reader->queue.size() >= kReaderQueueMax) reader->queue.pop_front();
    reader->queue.push_back(event);
    reader->wake.cancel();
  }
  recent_.push_back(std::move(event));
  if (recent_.size() > kRecentMax) recent_.pop_front();
}

boost::asio::awaitable<io::http::Response> EventBus::answer(io::http::Request& request) {
  using io::http::Response;
  auto filters = EventFilters::of(request.query);
  if (!filters.ok()) co_return Response::of_error(filters.error());
  std::optional<int64_t> since, until;
  for (auto& [name, target] : {std::pair<const char*, std::optional<int64_t>*>{"since", &since}, {"until", &until}}) {
    std::string text = request.query.get(name);
    if (text.empty()) continue;
    const auto moment = parse_moment(text, io::loop_of(loop_).wall());
    if (!moment.ok())
      co_return Response::of_message(400, "failed to parse value as time or duration: \"" + text.substr(0, 100) + "\"");
    *target = moment->ns;
  }
  Response response;
  response.headers.set("Content-Type", "application/json");
  response.stream = [this, filters = *filters, since, until](io::http::BodySink& sink) {
    return stream(sink, filters, since, until);
  };
  co_return response;
}

boost::asio::awaitable<void> EventBus::stream(io::http::BodySink& sink, EventFilters filters,
                                              std::optional<int64_t> since_ns, std::optional<int64_t> until_ns) {
  auto reader = std::make_shared<Reader>(loop_);
  if (since_ns)
    for (const auto& event : recent_)
      if (time_of(event) >= *since_ns) reader->queue.push_back(event);
  readers_.push_back(reader);
  struct Leave {
    std::list<std::shared_ptr<Reader>>& readers;
    std::shared_ptr<Reader>& reader;
    ~Leave() { readers.remove(reader); }
  } leave{readers_, reader};
  while (true) {
    while (!reader->queue.empty()) {
      json event = std::move(reader->queue.front());
      reader->queue.pop_front();
      if (until_ns && time_of(event) > *until_ns) co_return;
      if (!filters.pass(event)) continue;
      std::string line = event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
      auto written = co_await sink.write(line);
      if (!written.ok()) co_return;
    }
    if (until_ns) {
      int64_t left_ns = *until_ns - io::loop_of(loop_).wall().ns;
      if (left_ns <= 0) co_return;
      reader->wake.expires_after(std::chrono::nanoseconds(left_ns));
    }
    co_await reader->wake.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

}  // namespace skein::api
