#include "agent/container/volatile_files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/descriptor.h"
#include "io/file/file.h"

namespace skein::agent {

namespace {

Error failed(const std::string& what) { return make_error(Code::kFailedPrecondition, what, std::strerror(errno)); }

bool is_mounted_tmpfs(const std::string& folder) {
  struct stat own {
  }, parent{};
  struct statfs system {};
  return ::stat(folder.c_str(), &own) == 0 && ::stat((folder + "/..").c_str(), &parent) == 0 &&
         own.st_dev != parent.st_dev && ::statfs(folder.c_str(), &system) == 0 && system.f_type == TMPFS_MAGIC;
}

Result<void> write_file(const std::string& path, const DependencyFile& file) {
  const Descriptor open(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!open) return failed("open " + path);
  for (size_t at = 0; at < file.content.size();) {
    const ssize_t count = ::write(open.get(), file.content.data() + at, file.content.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("write " + path);
    at += static_cast<size_t>(count);
  }
  if (::fchown(open.get(), file.uid, file.gid) != 0) return failed("change the owner of " + path);
  if (::fchmod(open.get(), file.mode) != 0) return failed("change the mode of " + path);
  return {};
}

}  // namespace

Result<void> mount_volatile(const std::string& folder) {
  if (is_mounted_tmpfs(folder)) return {};
  SKEIN_TRY(io::make_directories(folder, 0700));
  // Configs may be programs. An option that the kernel does not know is EINVAL.
  constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV;
  if (::mount("tmpfs", folder.c_str(), "tmpfs", kFlags, "mode=0700,noswap") == 0) return {};
  if (errno == EINVAL && ::mount("tmpfs", folder.c_str(), "tmpfs", kFlags, "mode=0700") == 0) return {};
  return failed("mount a tmpfs at " + folder);
}

std::string VolatileFiles::path(const std::string& task_id, size_t index) const {
  return folder_of(task_id) + "/" + std::to_string(index);
}

Result<void> VolatileFiles::prepare(const std::string& task_id, size_t count) const {
  return write(task_id, std::vector<DependencyFile>(count));
}

Result<void> VolatileFiles::write(const std::string& task_id, const std::vector<DependencyFile>& files) const {
  if (files.empty()) return {};
  if (root_.mount) SKEIN_TRY(root_.mount(root_.folder));
  SKEIN_TRY(io::make_directories(folder_of(task_id), 0700));
  for (size_t i = 0; i < files.size(); ++i) SKEIN_TRY(write_file(path(task_id, i), files[i]));
  return {};
}

void VolatileFiles::remove(const std::string& task_id) const {
  std::error_code ignored;
  if (!task_id.empty()) std::filesystem::remove_all(folder_of(task_id), ignored);
}

void VolatileFiles::keep_only(const std::set<std::string>& task_ids) const {
  std::vector<std::string> stale;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(root_.folder, ignored))
    if (const std::string id = entry.path().filename().string(); !task_ids.contains(id)) stale.push_back(id);
  for (const auto& id : stale) remove(id);
}

}  // namespace skein::agent
