// Takes apart the stream of a container without a terminal: frames of {stream u8, 0, 0, 0, length BE32, bytes}. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace skein::cli {

enum class Stream { kStdin = 0, kStdout = 1, kStderr = 2, kSystemError = 3 };

class FrameReader {
 public:
  using Sink = std::function<void(Stream, std::string_view)>;
  // Feeds the next bytes; pieces of frames are handed on as they come. False when the bytes are no frames.
  bool read(std::string_view bytes, const Sink& sink);
  // Inside of the sink: the piece is a frame's last.
  bool is_at_frame_end() const { return bytes_left_ == 0; }

 private:
  std::string header_;
  Stream stream_ = Stream::kStdout;
  uint32_t bytes_left_ = 0;
};

// Finds the keys that detach from a terminal ("ctrl-p,ctrl-q") in what is typed. Keys that might begin the sequence
// are held back until it is clear.
class DetachKeys {
 public:
  // Single characters or "ctrl-" and one of a-z @ [ ] \ ^ _, parted by commas. A malformed text means none.
  explicit DetachKeys(std::string_view keys);
  // What to send; sets is_complete() when the sequence has been typed.
  std::string filter(std::string_view typed);
  bool is_complete() const { return is_complete_; }

 private:
  std::string sequence_;
  size_t matched_ = 0;
  bool is_complete_ = false;
};

}  // namespace skein::cli
