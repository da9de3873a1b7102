#include "engine/podman/logs/log_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <numeric>

#include "base/log.h"
#include "io/file/file.h"

namespace skein::engine {

namespace {

constexpr std::string_view kReopen = "2 0 0\n";
constexpr size_t kCopyBytes = 65536;

bool stat_log(LogFile& file) {
  struct stat status {};
  if (::lstat(file.path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  file.inode = status.st_ino;
  file.size_bytes = status.st_size;
  return true;
}

// Of "ctr.log.7"; 0 unless it is one.
uint64_t number_of(std::string_view name) {
  const std::string prefix = std::string(kLogFile) + ".";
  if (!name.starts_with(prefix)) return 0;
  name.remove_prefix(prefix.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

}  // namespace

std::vector<LogFile> list_log(const std::string& folder) {
  std::vector<LogFile> out;
  DIR* entries = ::opendir(folder.c_str());
  if (!entries) return out;
  while (const dirent* entry = ::readdir(entries)) {
    LogFile file{.path = folder + "/" + entry->d_name, .number = number_of(entry->d_name)};
    if (file.number != 0 && stat_log(file)) out.push_back(std::move(file));
  }
  ::closedir(entries);
  std::ranges::sort(out, {}, &LogFile::number);
  LogFile present{.path = folder + "/" + kLogFile};
  if (!stat_log(present)) return out;
  std::erase_if(out, [&](const LogFile& file) { return file.inode == present.inode; });
  out.push_back(std::move(present));
  return out;
}

Descriptor open_log_file(const std::string& path) {
  return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
}

void LogRotation::look() {
  if (limit_.bytes <= 0) return;
  LogFile present{.path = folder_ + "/" + kLogFile};
  if (!stat_log(present)) return;
  if (present.inode != told_) told_ = 0;
  const bool is_full = present.size_bytes >= limit_.bytes && told_ == 0;
  if (!is_full && present.inode == seen_) return;
  // A log of one file keeps the one before until there is a line to show instead, as Docker's begins one to write to
  // it.
  if (limit_.files == 1 && present.size_bytes == 0) return;
  seen_ = present.inode;
  std::vector<LogFile> files = list_log(folder_);
  if (files.empty() || files.back().number != 0) return;
  if (is_full) begin_next(files);
  files.pop_back();
  trim(std::move(files));
}

// A fifo that nobody reads is that of a monitor that has ended: then the next run goes on with the file.
void LogRotation::begin_next(const std::vector<LogFile>& files) {
  const Descriptor fifo(::open((folder_ + "/ctl").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fifo) return;
  const LogFile& present = files.back();
  const uint64_t last = files.size() > 1 ? files[files.size() - 2].number : 0;
  const std::string next = folder_ + "/" + kLogFile + "." + std::to_string(last + 1);
  // It has that name already if a daemon has ended since.
  if (::link(present.path.c_str(), next.c_str()) != 0 && errno != EEXIST) {
    log_warning("log-not-rotated", {{"folder", folder_}, {"why", std::strerror(errno)}});
    return;
  }
  if (::write(fifo.get(), kReopen.data(), kReopen.size()) == static_cast<ssize_t>(kReopen.size()))
    told_ = present.inode;
}

// What is kept of the old ones has the room of all files but one. The oldest is shortened where it alone is larger than
// it should be, as after a time without a daemon.
void LogRotation::trim(std::vector<LogFile> old) {
  const int64_t room = limit_.bytes * (limit_.files - 1);
  auto size = [&] {
    return std::accumulate(old.begin(), old.end(), int64_t{0},
                           [](int64_t sum, const LogFile& file) { return sum + file.size_bytes; });
  };
  bool is_held = false;
  auto hold = [&] {
    if (!is_held) hold_();
    is_held = true;
  };
  while (!old.empty() && size() - old.front().size_bytes >= room) {
    hold();
    if (auto removed = io::remove_file(old.front().path); !removed.ok())
      log_warning("log-not-removed", {{"why", removed.error().text()}});
    old.erase(old.begin());
  }
  const int64_t surplus = size() - room;
  if (old.empty() || surplus < limit_.bytes) return;
  hold();
  if (!cut(old.front(), old.front().size_bytes - surplus)) log_warning("log-not-cut", {{"path", old.front().path}});
}

// Its last bytes, from the beginning of a line, become a file in its place.
bool LogRotation::cut(const LogFile& file, int64_t kept_bytes) {
  assert(kept_bytes >= 0 && kept_bytes <= file.size_bytes);
  const Descriptor from = open_log_file(file.path);
  const std::string beside = folder_ + "/ctr.cut";
  const Descriptor to(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!from || !to) return false;
  std::array<char, kCopyBytes> bytes{};
  bool is_in_line = true;
  for (off_t at = file.size_bytes - kept_bytes;;) {
    const ssize_t got = ::pread(from.get(), bytes.data(), bytes.size(), at);
    if (got < 0) return false;
    if (got == 0) break;
    at += got;
    std::string_view piece(bytes.data(), static_cast<size_t>(got));
    if (is_in_line) {
      const size_t end = piece.find('\n');
      if (end == std::string_view::npos) continue;
      piece.remove_prefix(end + 1);
      is_in_line = false;
    }
    if (::write(to.get(), piece.data(), piece.size()) != static_cast<ssize_t>(piece.size())) return false;
  }
  return ::rename(beside.c_str(), file.path.c_str()) == 0;
}

}  // namespace skein::engine
