#include "io/file/line_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/file/file.h"

namespace skein::io {

LineFile::~LineFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::string> LineFile::read() const { return read_file(path_); }

Result<void> LineFile::save(const std::string& changes, size_t whole_lines, const std::function<std::string()>& whole) {
  const bool is_history = lines_ > 2 * whole_lines + kHistoryMin;
  if (fd_ < 0 || is_history) return rewrite(whole());
  auto appended = append(changes);
  if (!appended.ok()) ::close(std::exchange(fd_, -1));  // half a line may be there
  return appended;
}

Result<void> LineFile::append(const std::string& lines) {
  for (size_t written = 0; written < lines.size();) {
    const ssize_t size = ::write(fd_, lines.data() + written, lines.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return make_error(Code::kUnavailable, "append to " + path_, std::strerror(errno));
    written += static_cast<size_t>(size);
  }
  lines_ += static_cast<size_t>(std::ranges::count(lines, '\n'));
  return {};
}

Result<void> LineFile::rewrite(const std::string& text) {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  SKEIN_TRY(write_file_atomically(path_, text, 0600));
  lines_ = static_cast<size_t>(std::ranges::count(text, '\n'));
  fd_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd_ < 0) return make_error(Code::kUnavailable, "open " + path_, std::strerror(errno));
  return {};
}

}  // namespace skein::io
