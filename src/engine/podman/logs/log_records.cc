#include "engine/podman/logs/log_records.h"

#include <algorithm>
#include <cassert>

#include "base/time/moment.h"

namespace skein::engine {

namespace {

// Places in a line.
constexpr size_t kTimeBytes = 35;  // with the offset from UTC
constexpr size_t kStreamAt = kTimeBytes + 1;
constexpr size_t kStreamBytes = 6;
constexpr size_t kTagAt = kStreamAt + kStreamBytes + 1;
constexpr size_t kTextAt = kTagAt + 2;
constexpr size_t kRestBytesMax = 1u << 20;  // the monitor writes some 8 KiB at a time
constexpr size_t kUtcBytes = 29;            // of a time, without the offset

std::string in_utc(std::string_view time) {
  if (time.substr(kUtcBytes) == "+00:00") return std::string(time.substr(0, kUtcBytes)) + "Z";
  const auto parsed = parse_time(time);
  return parsed.ok() ? parsed->rfc3339() : "";
}

// 0 unless it is one.
int stream_of(std::string_view line) {
  if (line.size() < kTextAt || line[kTimeBytes] != ' ' || line[kTagAt - 1] != ' ' || line[kTextAt - 1] != ' ') return 0;
  const std::string_view stream = line.substr(kStreamAt, kStreamBytes);
  return stream == "stdout" ? 1 : stream == "stderr" ? 2 : 0;
}

}  // namespace

bool ends_log_line(std::string_view bytes) { return stream_of(bytes) != 0 && bytes[kTagAt] == 'F'; }

void LogRecords::add(std::string_view bytes) {
  while (!bytes.empty()) {
    if (rest_.empty()) bytes.remove_prefix(std::min(bytes.find_first_not_of('\0'), bytes.size()));
    const size_t end = bytes.find('\n');
    rest_ += bytes.substr(0, end);
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
    take_line(rest_);
    rest_.clear();
  }
  if (rest_.size() > kRestBytesMax) rest_.clear();
}

void LogRecords::take_line(std::string_view line) {
  const int stream = stream_of(line);
  if (stream == 0) return;
  Begun& begun = begun_[static_cast<size_t>(stream - 1)];
  if (!begun.is_cut) begun.time = in_utc(line.substr(0, kTimeBytes));
  if (begun.time.empty()) return;
  begun.text += line.substr(kTextAt);
  cut(stream, begun);
  if (line[kTagAt] != 'F') return;
  ready_.push_back({stream, begun.time, begun.text + "\n"});
  begun = {};
}

// The last part of a line has its line break, so a whole part may be the last.
void LogRecords::cut(int stream, Begun& begun) {
  assert(stream == 1 || stream == 2);
  while (begun.text.size() >= kLogPartBytes) {
    ready_.push_back({stream, begun.time, begun.text.substr(0, kLogPartBytes)});
    begun.text.erase(0, kLogPartBytes);
    begun.is_cut = true;
  }
}

void LogRecords::end() {
  for (int stream : {1, 2}) {
    Begun& begun = begun_[static_cast<size_t>(stream - 1)];
    if (!begun.text.empty()) ready_.push_back({stream, begun.time, begun.text});
    begun = {};
  }
  rest_.clear();
}

std::optional<LogRecord> LogRecords::next() {
  if (ready_.empty()) return std::nullopt;
  LogRecord record = std::move(ready_.front());
  ready_.pop_front();
  return record;
}

std::string format_log_record(const LogRecord& record, const LogQuery& query, bool has_terminal,
                              const std::string& details) {
  if (!(record.stream == 1 ? query.has_output : query.has_errors)) return "";
  if (!query.since.empty() && record.time < query.since) return "";
  if (!query.until.empty() && record.time > query.until) return "";
  std::string text;
  if (query.has_times) text += record.time + " ";
  if (query.has_details) text += details + " ";
  text += record.text;
  if (has_terminal) return text;
  std::string out{static_cast<char>(record.stream), 0, 0, 0};
  for (int shift : {24, 16, 8, 0}) out += static_cast<char>(text.size() >> shift & 0xff);
  return out + text;
}

}  // namespace skein::engine
