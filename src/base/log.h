// One event, one line: "level=info event=join node=abc …" on stderr. Thread-safe.
//
// Whoever decides what to do about an event logs it; nobody logs an error and also returns it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace skein {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

using LogField = std::pair<std::string_view, std::string>;

// Events below `level` are dropped.
void set_log_level(LogLevel level);

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});
inline void log_debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
  log_event(LogLevel::kDebug, event, fields);
}
inline void log_info(std::string_view event, std::initializer_list<LogField> fields = {}) {
  log_event(LogLevel::kInfo, event, fields);
}
inline void log_warning(std::string_view event, std::initializer_list<LogField> fields = {}) {
  log_event(LogLevel::kWarning, event, fields);
}
inline void log_error(std::string_view event, std::initializer_list<LogField> fields = {}) {
  log_event(LogLevel::kError, event, fields);
}

}  // namespace skein
