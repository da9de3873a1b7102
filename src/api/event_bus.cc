#include "api/event_bus.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/moment.h"

namespace skein::api {

using nlohmann::json;

namespace {

constexpr size_t kRecentMax = 256;
constexpr size_t kReaderQueueMax = 1024;

int64_t time_of(const json& event) {
  auto found = event.find("timeNano");
  return found != event.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

std::string text_at(const json& event, const char* name) {
  auto found = event.find(name);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_any_of(const std::vector<std::string>& wanted, const std::string& value) {
  return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool has_label(const json& attributes, const std::string& label) {
  size_t equals = label.find('=');
  std::string value = text_at(attributes, label.substr(0, equals).c_str());
  if (!attributes.contains(label.substr(0, equals))) return false;
  return equals == std::string::npos || value == label.substr(equals + 1);
}

constexpr std::array kActorTypes{"container", "image",  "volume", "network", "service",
                                 "node",      "secret", "config", "plugin",  "daemon"};

}  // namespace

Result<EventFilters> parse_event_filters(const std::string& text) {
  EventFilters filters;
  if (text.empty()) return filters;
  auto value = json::parse(text, nullptr, false);
  if (!value.is_object()) return make_error(Code::kInvalidArgument, "invalid filter");
  for (const auto& [key, wanted] : value.items()) {
    if (wanted.is_object()) {
      for (const auto& [name, is_set] : wanted.items())
        if (is_set == true) filters[key].push_back(name);
    } else if (wanted.is_array()) {
      for (const auto& name : wanted)
        if (name.is_string()) filters[key].push_back(name);
    } else {
      return make_error(Code::kInvalidArgument, "invalid filter '" + key + "'");
    }
  }
  return filters;
}

Result<void> check_event_filters(const EventFilters& filters) {
  for (const auto& [key, values] : filters) {
    bool is_known = key == "type" || key == "event" || key == "scope" || key == "label" ||
                    std::find(kActorTypes.begin(), kActorTypes.end(), key) != kActorTypes.end();
    if (!is_known) return make_error(Code::kInvalidArgument, "invalid filter '" + key + "'");
  }
  return {};
}

bool passes(const json& event, const EventFilters& filters) {
  const json actor = event.contains("Actor") ? event["Actor"] : json::object();
  const json attributes = actor.is_object() && actor.contains("Attributes") ? actor["Attributes"] : json::object();
  std::string id = actor.is_object() ? text_at(actor, "ID") : "";
  for (const auto& [key, wanted] : filters) {
    if (key == "type" && !is_any_of(wanted, text_at(event, "Type"))) return false;
    if (key == "scope" && !is_any_of(wanted, text_at(event, "scope"))) return false;
    if (key == "event") {
      std::string action = text_at(event, "Action");  // "exec_create: ls" is asked for as "exec_create"
      if (!is_any_of(wanted, action) && !is_any_of(wanted, action.substr(0, action.find(':')))) return false;
    }
    if (key == "label" &&
        !std::all_of(wanted.begin(), wanted.end(), [&](auto& label) { return has_label(attributes, label); }))
      return false;
    bool is_actor = std::find(kActorTypes.begin(), kActorTypes.end(), key) != kActorTypes.end();
    if (!is_actor) continue;
    std::string name = key == text_at(event, "Type") ? text_at(attributes, "name") : "";
    std::string of_type = key == text_at(event, "Type") ? id : text_at(attributes, key.c_str());
    bool is_meant = std::any_of(wanted.begin(), wanted.end(), [&](auto& want) {
      return !want.empty() && (want == name || want == of_type || (want.size() >= 4 && of_type.starts_with(want)));
    });
    if (!is_meant) return false;
  }
  return true;
}

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
  auto filters = parse_event_filters(request.query.get("filters"));
  if (!filters.ok()) co_return Response::of_error(filters.error());
  auto checked = check_event_filters(*filters);
  if (!checked.ok()) co_return Response::of_error(checked.error());
  std::optional<int64_t> since, until;
  for (auto& [name, target] : {std::pair<const char*, std::optional<int64_t>*>{"since", &since}, {"until", &until}}) {
    std::string text = request.query.get(name);
    if (text.empty()) continue;
    const auto moment = parse_moment(text, system_clock().wall());
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
      if (!passes(event, filters)) continue;
      std::string line = event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
      auto written = co_await sink.write(line);
      if (!written.ok()) co_return;
    }
    if (until_ns) {
      int64_t left_ns = *until_ns - system_clock().wall().ns;
      if (left_ns <= 0) co_return;
      reader->wake.expires_after(std::chrono::nanoseconds(left_ns));
    }
    co_await reader->wake.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

}  // namespace skein::api
