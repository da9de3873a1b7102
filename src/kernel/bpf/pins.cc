#include "kernel/bpf/pins.h"

#include <bpf/bpf.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "kernel/net/links/namespace.h"

namespace skein::kernel::bpf {
namespace {

constexpr const char* kCustomaryMount = "/sys/fs/bpf";
constexpr std::string_view kLinkPrefix = "link_";

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

// Links of interfaces that are gone are husks.
bool is_link_in_use(const std::string& pin_name) {
  if (!pin_name.starts_with(kLinkPrefix)) return false;
  char interface_name[IF_NAMESIZE];
  return if_indextoname(static_cast<uint32_t>(atoi(pin_name.c_str() + kLinkPrefix.size())), interface_name) != nullptr;
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

std::string link_pin(const std::string& directory, uint32_t interface) {
  return directory + "/" + std::string(kLinkPrefix) + std::to_string(interface);
}

void remove_pins(const std::string& directory) {
  for (const std::string& name : list_pins(directory)) unlink((directory + "/" + name).c_str());
  rmdir(directory.c_str());
}

void retire_other_layouts(const std::string& directory, uint32_t interface) {
  std::filesystem::path own = directory;
  for (const std::string& layout : list_pins(own.parent_path())) {
    if (layout == own.filename() || !layout.starts_with('v')) continue;
    std::string other = own.parent_path() / layout;
    net::Fd link(bpf_obj_get(link_pin(other, interface).c_str()));
    if (link) bpf_link_detach(link.get());  // at once; the last close would do it some time later
    unlink(link_pin(other, interface).c_str());
    size_t in_use = 0;
    for (const std::string& name : list_pins(other)) in_use += is_link_in_use(name);
    if (in_use == 0) remove_pins(other);
  }
}

}  // namespace skein::kernel::bpf
