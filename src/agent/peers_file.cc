#include "agent/peers_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "io/file.h"

namespace skein::agent {

namespace {

// Lines that may be history without need to write the file anew.
constexpr size_t kHistoryMin = 1024;

}  // namespace

PeersFile::~PeersFile() {
  if (fd_ >= 0) ::close(fd_);
}

void PeersFile::load(RemoteRecords& records) const {
  auto text = io::read_file(path_);
  if (!text.ok()) return;
  if (auto loaded = records.load(*text); !loaded.ok()) log_warning("peers-forgotten", {{"why", loaded.error().text()}});
}

Result<void> PeersFile::append(const std::string& lines) {
  for (size_t written = 0; written < lines.size();) {
    const ssize_t size = ::write(fd_, lines.data() + written, lines.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return make_error(Code::kUnavailable, "append to " + path_, std::strerror(errno));
    written += static_cast<size_t>(size);
  }
  lines_ += static_cast<size_t>(std::ranges::count(lines, '\n'));
  return {};
}

Result<void> PeersFile::rewrite(RemoteRecords& records) {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  SKEIN_TRY(io::write_file_atomically(path_, records.text(), 0600));
  lines_ = records.size();
  fd_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd_ < 0) return make_error(Code::kUnavailable, "open " + path_, std::strerror(errno));
  return {};
}

void PeersFile::save(RemoteRecords& records) {
  const std::string lines = records.take_changes();
  const bool is_history = lines_ > 2 * records.size() + kHistoryMin;
  if (lines.empty() && !is_history && !has_failed_) return;
  Result<void> saved = fd_ < 0 || is_history || has_failed_ ? rewrite(records) : append(lines);
  if (!saved.ok() && !has_failed_) log_error("peers-not-saved", {{"why", saved.error().text()}});
  has_failed_ = !saved.ok();
}

}  // namespace skein::agent
