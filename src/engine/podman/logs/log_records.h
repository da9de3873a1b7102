// What a container's monitor writes of its output, a text file, put together to what Docker's log has. Pure.
//
//   2026-11-30T21:07:48.123456789+00:00 stdout F a whole line
//   2026-11-30T21:07:48.123456789+00:00 stderr P a piece, as it was read; the line goes on in the next of this stream
//
// Docker's daemon waits for the end of a line, or for 16 KiB of it: a longer one comes in parts, which all have the
// time of the first.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "engine/values/log_query.h"

namespace skein::engine {

inline constexpr size_t kLogPartBytes = 16384;

struct LogRecord {
  int stream = 1;    // 1 (output) or 2 (errors)
  std::string time;  // UTC, RFC 3339 with nanoseconds
  std::string text;  // with its line break, unless the line goes on
  bool operator==(const LogRecord&) const = default;
};

class LogRecords {
 public:
  // Pieces of the file in their order. Lines of another form, and zeros, are left out.
  void add(std::string_view bytes);
  // There comes no more: what has no line break becomes records without one.
  void end();
  std::optional<LogRecord> next();

 private:
  struct Begun {
    std::string text, time;
    bool is_cut = false;  // a part of this line has been told, with `time`
  };
  void take_line(std::string_view line);
  void cut(int stream, Begun& begun);

  std::string rest_;            // of the file: a line that is not over
  std::array<Begun, 2> begun_;  // by stream
  std::deque<LogRecord> ready_;
};

// Is it the beginning of a line that ends one of the container's?
bool ends_log_line(std::string_view bytes);

// As a client gets it: with a head of eight bytes, unless it comes from a terminal. Empty if it is not asked for.
std::string format_log_record(const LogRecord& record, const LogQuery& query, bool has_terminal,
                              const std::string& details);

}  // namespace skein::engine
