// Logs of services and tasks as Docker's clients ask for them and read them.
//
// A stream of frames (head of eight bytes: stream, zeros, size), or plain text when the tasks have terminals. What goes
// wrong after the head of the answer is a frame of stream 3, as of Docker's daemon.
#pragma once

#include "cluster/logs.h"
#include "io/http/message.h"
#include "store/tables.h"

namespace skein::api {

struct LogQuery {
  store::api::LogSubscriptionOptions options;  // follow, streams, tail, since
  bool has_timestamps = false;
  bool has_details = false;
};

// follow, stdout, stderr, since, timestamps, tail, details. kInvalidArgument in Docker's words.
Result<LogQuery> parse_log_query(const io::http::Query& query);

struct LogSource {
  store::api::LogSelector selector;
  bool has_terminal = false;
};

// By what a user typed.
Result<LogSource> logs_of_service(const store::Tables& view, const std::string& text);
Result<LogSource> logs_of_task(const store::Tables& view, const std::string& text);

// One message as it goes to the client; empty if the client did not ask for its stream.
std::string format_log(const store::api::LogMessage& message, const LogQuery& query, bool has_terminal);
std::string format_log_error(const Error& error, bool has_terminal);

// The answer: it streams until the logs end or the client goes away.
io::http::Response stream_logs(cluster::Logs& broker, LogSource source, LogQuery query, io::http::ApiVersion version);

}  // namespace skein::api
