// A container's output on disk, as its supervisor writes it: Docker's frames (a head of eight bytes: stream, three
// zeros, size in network order), each with one line that begins with its time and a blank. So the file is what a client
// that asks for timestamps is sent.
//
//   FOLDER/log      at most kLogBytesMax; then it becomes …
//   FOLDER/log.old  … and a new one begins
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace skein::engine {

inline constexpr size_t kLogBytesMax = 1u << 20;
inline constexpr size_t kLogLineBytesMax = 16384;  // longer ones are cut, as Docker cuts them
inline constexpr size_t kLogHeadBytes = 8;
inline constexpr size_t kLogTimeBytes = 31;  // "2026-11-22T10:00:00.123456789Z "

class LogWriter {
 public:
  // `folder` is a descriptor that stays the caller's. Output that cannot be written is lost.
  explicit LogWriter(int folder) : folder_(folder) {}
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // `stream` is 1 (output) or 2 (errors).
  void add(int stream, std::string_view bytes);
  // What is left without a line break becomes a line.
  void end();

 private:
  void write_line(int stream, std::string_view line);

  int folder_;
  int file_ = -1;
  size_t size_ = 0;
  std::array<std::string, 2> begun_;  // by stream: the line that is not over
};

}  // namespace skein::engine
