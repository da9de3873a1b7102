#include "kernel/bpf/pins.h"

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace skein::kernel::bpf {
namespace {

constexpr const char* kCustomaryMount = "/sys/fs/bpf";

bool is_in_bpffs(const std::string& path) {
  struct statfs status {};
  return statfs(path.c_str(), &status) == 0 && status.f_type == BPF_FS_MAGIC;
}

Result<void> mount_bpffs(const std::string& directory) {
  if (mount("bpf", directory.c_str(), "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") == 0) return {};
  Code code = errno == EPERM ? Code::kPermissionDenied : Code::kUnimplemented;
  return make_error(code, "mount a bpffs on " + directory, strerror(errno),
                    "run as root, on a kernel with CONFIG_BPF_SYSCALL");
}

Result<void> make_directory(const std::string& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) return make_error(Code::kPermissionDenied, "make directory " + directory, failure.message());
  return {};
}

}  // namespace

Result<void> make_pin_directory(const std::string& directory) {
  bool is_customary = directory.starts_with(kCustomaryMount);
  if (is_customary && !is_in_bpffs(kCustomaryMount)) SKEIN_TRY(mount_bpffs(kCustomaryMount));
  SKEIN_TRY(make_directory(directory));
  if (!is_in_bpffs(directory)) SKEIN_TRY(mount_bpffs(directory));
  return {};
}

std::vector<std::string> list_pins(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failure))
    names.push_back(entry.path().filename());
  return names;
}

}  // namespace skein::kernel::bpf
