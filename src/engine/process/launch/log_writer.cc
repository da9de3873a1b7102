#include "engine/process/launch/log_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/time/clock.h"

namespace skein::engine {

LogWriter::~LogWriter() {
  if (file_ >= 0) ::close(file_);
}

void LogWriter::add(int stream, std::string_view bytes) {
  std::string& line = begun_[static_cast<size_t>(stream) - 1];
  while (!bytes.empty()) {
    size_t line_end = bytes.find('\n');
    size_t wanted = line_end == std::string_view::npos ? bytes.size() : line_end + 1;
    size_t taken = std::min(wanted, kLogLineBytesMax - line.size());
    line += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    if (line.back() != '\n' && line.size() < kLogLineBytesMax) continue;
    write_line(stream, line);
    line.clear();
  }
}

void LogWriter::end() {
  for (int stream : {1, 2}) {
    std::string& line = begun_[static_cast<size_t>(stream) - 1];
    if (!line.empty()) write_line(stream, line);
    line.clear();
  }
}

void LogWriter::write_line(int stream, std::string_view line) {
  const std::string time = system_clock().wall().rfc3339() + " ";
  const size_t size = time.size() + line.size();
  std::string frame{static_cast<char>(stream), 0, 0, 0};
  for (int shift : {24, 16, 8, 0}) frame += static_cast<char>(size >> shift & 0xff);
  frame += time;
  frame += line;
  if (file_ >= 0 && size_ + frame.size() > kLogBytesMax) {
    ::close(file_);
    file_ = -1;
    ::renameat(folder_, "log", folder_, "log.old");
  }
  if (file_ < 0) {
    file_ = ::openat(folder_, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat status {};
    size_ = file_ >= 0 && ::fstat(file_, &status) == 0 ? static_cast<size_t>(status.st_size) : 0;
  }
  if (file_ >= 0 && ::write(file_, frame.data(), frame.size()) > 0) size_ += frame.size();
}

}  // namespace skein::engine
