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

Result<void> EventBus::read_span(Wish& wish, const io::http::Query& query, WallTime now) {
  const std::string since = query.get("since"), until = query.get("until");
  for (const auto& [text, target] : {std::pair(since, &wish.since_ns), std::pair(until, &wish.until_ns)}) {
    if (text.empty()) continue;
    const auto moment = parse_moment(text, now);
    if (!moment.ok())
      return make_error(Code::kInvalidArgument,
                        "failed to parse value as time or duration: \"" + text.substr(0, 100) + "\"");
    *target = moment->ns;
  }
  if (wish.since_ns && wish.until_ns && *wish.until_ns < *wish.since_ns)
    return make_error(Code::kInvalidArgument, "`since` time (" + since.substr(0, 100) +
                                                  ") cannot be after `until` time (" + until.substr(0, 100) + ")");
  return {};
}

boost::asio::awaitable<io::http::Response> EventBus::answer(io::http::Request& request) {
  using io::http::Response;
  auto filters = EventFilters::of(request.query);
  if (!filters.ok()) co_return Response::of_error(filters.error());
  Wish wish{std::move(*filters), EventFormat::of(request.headers, request.version)};
  const auto span = read_span(wish, request.query, io::loop_of(loop_).wall());
  if (!span.ok()) co_return Response::of_error(span.error());
  Response response;
  response.headers.set("Content-Type", wish.format.content_type());
  response.stream = [this, wish](io::http::BodySink& sink) { return stream(sink, wish); };
  co_return response;
}

boost::asio::awaitable<void> EventBus::stream(io::http::BodySink& sink, Wish wish) {
  auto reader = std::make_shared<Reader>(loop_);
  if (wish.since_ns)
    for (const auto& event : recent_)
      if (time_of(event) >= *wish.since_ns) reader->queue.push_back(event);
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
      if (wish.until_ns && time_of(event) > *wish.until_ns) co_return;
      if (!wish.filters.pass(event)) continue;
      const std::string text = wish.format.write(std::move(event));
      if (text.empty()) continue;
      auto written = co_await sink.write(text);
      if (!written.ok()) co_return;
    }
    if (wish.until_ns) {
      int64_t left_ns = *wish.until_ns - io::loop_of(loop_).wall().ns;
      if (left_ns <= 0) co_return;
      reader->wake.expires_after(std::chrono::nanoseconds(left_ns));
    }
    co_await reader->wake.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

}  // namespace skein::api
