#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace skein {
namespace {

spdlog::logger& logger() {
  static auto instance = [] {
    auto created = spdlog::stderr_logger_mt("skein");
    created->set_pattern("time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v", spdlog::pattern_time_type::utc);
    return created;
  }();
  return *instance;
}

spdlog::level::level_enum native(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Values with blanks or quotes are quoted, and control characters escaped, so that a line stays one event.
std::string quoted(const std::string& value) {
  bool is_plain = !value.empty();
  for (unsigned char c : value) is_plain = is_plain && c > ' ' && c != '"' && c != '\\' && c < 0x7f;
  if (is_plain) return value;
  std::string out = "\"";
  for (unsigned char c : value) {
    if (c == '\n')
      out += "\\n";
    else if (c < ' ')
      out += '?';
    else if (c == '"' || c == '\\')
      (out += '\\') += static_cast<char>(c);
    else
      out += static_cast<char>(c);
  }
  return out + '"';
}

}  // namespace

void set_log_level(LogLevel level) { logger().set_level(native(level)); }

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!logger().should_log(native(level))) return;
  std::string line = "event=" + std::string(event);
  for (const auto& [key, value] : fields) line.append(" ").append(key).append("=").append(quoted(value));
  logger().log(native(level), "{}", line);
}

}  // namespace skein
