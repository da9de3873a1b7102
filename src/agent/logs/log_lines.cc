#include "agent/logs/log_lines.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace skein::agent {

namespace {

constexpr size_t kHeadBytes = 8;
constexpr size_t kTextBytesMax = 16u << 10;  // of one LogLine
constexpr size_t kTimeBytesMax = 48;         // no time is longer; a line without a blank there has none
constexpr int kYearMax = 2261;               // nanoseconds end in 2262
constexpr int64_t kNsPerSecond = 1'000'000'000;

// Reads numbers and separators from the front of a text.
struct Scanner {
  std::string_view text;
  bool is_good = true;

  int number(size_t digits, int max) {
    int out = 0;
    if (text.size() < digits) return fail();
    for (size_t i = 0; i < digits; ++i) {
      if (text[i] < '0' || text[i] > '9') return fail();
      out = out * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return out > max ? fail() : out;
  }
  void skip(char expected) {
    if (text.empty() || text[0] != expected)
      fail();
    else
      text.remove_prefix(1);
  }
  bool next_is(char c) const { return !text.empty() && text[0] == c; }
  int fail() {
    is_good = false;
    text = {};
    return 0;
  }
};

int64_t fraction_ns(Scanner& in) {
  int64_t ns = 0, unit = kNsPerSecond / 10;
  size_t digits = 0;
  for (; !in.text.empty() && in.text[0] >= '0' && in.text[0] <= '9'; in.text.remove_prefix(1), ++digits) {
    ns += (in.text[0] - '0') * unit;
    unit /= 10;
  }
  if (digits == 0) in.fail();
  return ns;
}

Error no_frames() { return make_error(Code::kInternal, "the engine's log is no stream of frames"); }

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  Scanner in{text};
  int year = in.number(4, kYearMax);
  in.skip('-');
  int month = in.number(2, 12);
  in.skip('-');
  int day = in.number(2, 31);
  in.skip('T');
  int64_t seconds = in.number(2, 23) * 3600;
  in.skip(':');
  seconds += in.number(2, 59) * 60;
  in.skip(':');
  seconds += in.number(2, 60);  // a leap second
  int64_t ns = 0;
  if (in.next_is('.')) {
    in.skip('.');
    ns = fraction_ns(in);
  }
  if (in.next_is('Z')) {
    in.skip('Z');
  } else {
    int sign = in.next_is('-') ? -1 : 1;
    in.skip(sign < 0 ? '-' : '+');
    int hours = in.number(2, 23);
    in.skip(':');
    seconds -= sign * (hours * 3600 + in.number(2, 59) * 60);
  }
  std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (!in.is_good || !in.text.empty() || !date.ok()) return std::nullopt;
  seconds += std::chrono::duration_cast<std::chrono::seconds>(std::chrono::sys_days(date).time_since_epoch()).count();
  if (seconds < 0) return std::nullopt;
  return WallTime{seconds * kNsPerSecond + ns};
}

Result<void> LogLines::add(std::string_view bytes) {
  if (is_broken_) return no_frames();
  buffer_.append(bytes);
  if (form_ == Form::kPlain) {
    while (take_plain()) {
    }
  } else {
    while (!is_broken_ && (left_ > 0 ? take_time(left_) && take_text() : take_head())) {
    }
  }
  buffer_.erase(0, std::exchange(taken_, 0));
  if (is_broken_) return no_frames();
  return {};
}

void LogLines::end() {
  is_ended_ = true;
  while (form_ == Form::kPlain && take_plain()) {
  }
  buffer_.clear();
  taken_ = 0;
}

std::optional<LogLine> LogLines::next() {
  if (lines_.empty()) return std::nullopt;
  LogLine out = std::move(lines_.front());
  lines_.pop_front();
  return out;
}

bool LogLines::take_head() {
  std::string_view rest = std::string_view(buffer_).substr(taken_);
  if (rest.size() < kHeadBytes) return false;
  auto byte = [&](size_t at) { return static_cast<uint8_t>(rest[at]); };
  // 0: stdin, which nobody writes; 3: what the engine itself has to say.
  if (byte(0) > 3 || byte(1) != 0 || byte(2) != 0 || byte(3) != 0) {
    is_broken_ = true;
    return false;
  }
  line_.stream = byte(0) >= 2 ? docker::swarmkit::v1::STDERR : docker::swarmkit::v1::STDOUT;
  left_ = size_t{byte(4)} << 24 | size_t{byte(5)} << 16 | size_t{byte(6)} << 8 | size_t{byte(7)};
  taken_ += kHeadBytes;
  has_time_ = false;
  return true;
}

// At the beginning of a line of `size` bytes; what has no time keeps the one of the line before it.
bool LogLines::take_time(size_t size) {
  if (has_time_) return true;
  std::string_view rest = std::string_view(buffer_).substr(taken_);
  std::string_view start = rest.substr(0, std::min(size, kTimeBytesMax));
  size_t blank = start.find_first_of(" \n");
  if (blank == start.npos && rest.size() < std::min(size, kTimeBytesMax)) return false;
  has_time_ = true;
  if (blank == start.npos || start[blank] != ' ') return true;
  auto time = parse_rfc3339(start.substr(0, blank));
  if (!time) return true;
  line_.time = *time;
  taken_ += blank + 1;
  left_ -= std::min(left_, blank + 1);
  return true;
}

bool LogLines::take_text() {
  if (left_ == 0) return true;
  size_t part = std::min(left_, kTextBytesMax);
  if (buffer_.size() - taken_ < part) return false;
  line_.data = buffer_.substr(taken_, part);
  taken_ += part;
  left_ -= part;
  lines_.push_back(line_);
  return true;
}

bool LogLines::take_plain() {
  std::string_view rest = std::string_view(buffer_).substr(taken_);
  if (rest.empty()) return false;
  if (!take_time(is_ended_ ? rest.size() : kTimeBytesMax)) return false;
  rest = std::string_view(buffer_).substr(taken_);
  size_t line_end = rest.substr(0, kTextBytesMax).find('\n');
  if (line_end == rest.npos && rest.size() < kTextBytesMax && !is_ended_) return false;
  size_t part = line_end == rest.npos ? std::min(rest.size(), kTextBytesMax) : line_end + 1;
  if (part == 0) return false;
  line_.stream = docker::swarmkit::v1::STDOUT;
  line_.data = std::string(rest.substr(0, part));
  taken_ += part;
  if (line_end != rest.npos) has_time_ = false;
  lines_.push_back(line_);
  return true;
}

}  // namespace skein::agent
