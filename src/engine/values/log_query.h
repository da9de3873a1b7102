// What is asked of a container's log, as by GET /containers/{id}/logs. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "io/http/message.h"

namespace skein::engine {

struct LogQuery {
  bool has_output = false, has_errors = false;
  bool has_times = false;
  bool has_details = false;
  bool is_following = false;
  std::optional<size_t> tail;  // lines; all when empty
  std::string since, until;    // RFC 3339 with nanoseconds, which compare as texts; empty: no bound
};
// kInvalidArgument in Docker's words.
Result<LogQuery> parse_log_query(const io::http::Query& query);
// Without '?'; times as RFC 3339, which parse_log_query does not take.
std::string log_query_text(const LogQuery& query);

}  // namespace skein::engine
