// What a client asks of a container's log: GET /containers/{id}/logs. Pure.
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

}  // namespace skein::engine
