#include "engine/values/log_query.h"

#include <charconv>

#include "base/time/clock.h"

namespace skein::engine {

namespace {

constexpr int64_t kSecondsMax = 9'000'000'000;  // what fits into nanoseconds

// "1700000000.5" as the docker client sends it.
Result<std::string> parse_log_time(const std::string& name, const std::string& text) {
  if (text.empty() || text == "0") return std::string();
  int64_t seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  std::string fraction(end, text.data() + text.size());
  if (fraction.starts_with('.')) fraction.erase(0, 1);
  bool is_number = fraction.find_first_not_of("0123456789") == std::string::npos && fraction.size() <= 9;
  if (error != std::errc() || !is_number || seconds < 0 || seconds > kSecondsMax)
    return make_error(Code::kInvalidArgument, "invalid value for \"" + name + "\": " + text);
  fraction.resize(9, '0');
  return WallTime{seconds * 1'000'000'000 + std::stoll(fraction)}.rfc3339();
}

}  // namespace

Result<LogQuery> parse_log_query(const io::http::Query& query) {
  LogQuery out;
  out.has_output = query.flag("stdout");
  out.has_errors = query.flag("stderr");
  if (!out.has_output && !out.has_errors)
    return make_error(Code::kInvalidArgument, "Bad parameters: you must choose at least one stream");
  out.has_times = query.flag("timestamps");
  out.has_details = query.flag("details");
  out.is_following = query.flag("follow");
  std::string tail = query.get("tail");
  size_t lines = 0;
  auto [end, error] = std::from_chars(tail.data(), tail.data() + tail.size(), lines);
  if (!tail.empty() && error == std::errc() && end == tail.data() + tail.size()) out.tail = lines;
  SKEIN_TRY_ASSIGN(out.since, parse_log_time("since", query.get("since")));
  SKEIN_TRY_ASSIGN(out.until, parse_log_time("until", query.get("until")));
  return out;
}

std::string log_query_text(const LogQuery& query) {
  io::http::Query out;
  if (query.has_output) out.set("stdout", "1");
  if (query.has_errors) out.set("stderr", "1");
  if (query.has_times) out.set("timestamps", "1");
  if (query.has_details) out.set("details", "1");
  if (query.is_following) out.set("follow", "1");
  out.set("tail", query.tail ? std::to_string(*query.tail) : "all");
  if (!query.since.empty()) out.set("since", query.since);
  if (!query.until.empty()) out.set("until", query.until);
  return out.text();
}

}  // namespace skein::engine
