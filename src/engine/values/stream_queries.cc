#include "engine/values/stream_queries.h"

namespace skein::engine {

using io::http::Query;

namespace {

bool flag_or_true(const Query& query, const char* name) { return !query.has(name) || query.flag(name); }
const char* digit_of(bool flag) { return flag ? "1" : "0"; }

}  // namespace

AttachQuery parse_attach_query(const Query& query) {
  AttachQuery out;
  out.has_logs = query.flag("logs");
  out.is_streaming = flag_or_true(query, "stream");
  out.has_input = query.flag("stdin");
  out.has_output = query.flag("stdout");
  out.has_errors = query.flag("stderr");
  out.detach_keys = query.get("detachKeys");
  return out;
}

std::string attach_query_text(const AttachQuery& query) {
  Query out;
  out.set("logs", digit_of(query.has_logs));
  out.set("stream", digit_of(query.is_streaming));
  out.set("stdin", digit_of(query.has_input));
  out.set("stdout", digit_of(query.has_output));
  out.set("stderr", digit_of(query.has_errors));
  if (!query.detach_keys.empty()) out.set("detachKeys", query.detach_keys);
  return out.text();
}

StatsQuery parse_stats_query(const Query& query) { return {flag_or_true(query, "stream"), query.flag("one-shot")}; }

std::string stats_query_text(const StatsQuery& query) {
  Query out;
  out.set("stream", digit_of(query.is_streaming));
  if (query.is_one_shot) out.set("one-shot", "1");
  return out.text();
}

}  // namespace skein::engine
