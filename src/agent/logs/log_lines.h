// The log of a container as the engine streams it (timestamps=1): pieces in, lines out. Pure.
//
// Without a terminal the stream is cut into frames, each with a head of eight bytes (stream, zeros, size) and a line;
// with one it is plain lines. Each line begins with its time and a blank. Lines longer than 16 KiB come in several
// parts of one time, as Docker cuts them; so no more than that is ever kept.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time/clock.h"
#include "wire/proto/logbroker.pb.h"

namespace skein::agent {

// RFC 3339: "2026-11-22T10:00:00.123456789Z", with any offset and any number of decimals; none before 1970 or after
// 2261.
std::optional<WallTime> parse_rfc3339(std::string_view text);

struct LogLine {
  docker::swarmkit::v1::LogStream stream = docker::swarmkit::v1::STDOUT;
  WallTime time;
  std::string data;  // with its line break, if it has one
  bool operator==(const LogLine&) const = default;
};

class LogLines {
 public:
  enum class Form { kFrames, kPlain };
  explicit LogLines(Form form) : form_(form) {}

  // kInternal when the bytes are no frames; nothing more comes then.
  Result<void> add(std::string_view bytes);
  // The stream has ended: what is left of a plain line is a line; an incomplete frame is dropped.
  void end();
  // In order; nullopt when more bytes are needed.
  std::optional<LogLine> next();

 private:
  // Each takes one thing from what is buffered; false when it is not there yet.
  bool take_head();
  bool take_time(size_t size);
  bool take_text();
  bool take_plain();

  Form form_;
  bool is_broken_ = false;
  bool is_ended_ = false;
  std::string buffer_;
  size_t taken_ = 0;  // of buffer_
  size_t left_ = 0;   // of the frame
  bool has_time_ = false;
  LogLine line_;  // its stream and time
  std::deque<LogLine> lines_;
};

}  // namespace skein::agent
