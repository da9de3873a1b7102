// What is asked of the streams of a running container: POST /containers/{id}/attach and GET /containers/{id}/stats.
// Pure.
#pragma once

#include <string>

#include "io/http/message.h"

namespace skein::engine {

struct AttachQuery {
  bool has_logs = false;  // what was written before comes first
  bool is_streaming = true;
  bool has_input = false, has_output = false, has_errors = false;
  std::string detach_keys;  // as the user writes them
  std::string program;      // that the container runs, for the words of an error; no part of the request
};
AttachQuery parse_attach_query(const io::http::Query& query);
std::string attach_query_text(const AttachQuery& query);  // without '?'

struct StatsQuery {
  bool is_streaming = true;
  bool is_one_shot = false;  // does not wait for a second measurement
};
StatsQuery parse_stats_query(const io::http::Query& query);
std::string stats_query_text(const StatsQuery& query);

}  // namespace skein::engine
