#include "kernel/net/links/namespace.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace skein::kernel::net {
namespace {

constexpr const char* kOwnNamespace = "/proc/thread-self/ns/net";
constexpr size_t kKeySizeMax = 255;  // NAME_MAX

Error errno_error(const std::string& what) {
  Code code = errno == ENOENT                     ? Code::kNotFound
              : errno == EPERM || errno == EACCES ? Code::kPermissionDenied
                                                  : Code::kInternal;
  return make_error(code, what, std::strerror(errno));
}

bool is_namespace(const std::string& path) {
  struct statfs status {};
  return statfs(path.c_str(), &status) == 0 && status.f_type == NSFS_MAGIC;
}

Result<void> check_key(const std::string& key) {
  if (key.empty() || key.size() > kKeySizeMax || key == "." || key == ".." || key.find('/') != std::string::npos ||
      key.find('\0') != std::string::npos)
    return make_error(Code::kInvalidArgument, "name of a network namespace: \"" + key + "\"", "is no file name");
  return {};
}

// The directory becomes a mount of its own that is shared with copies of our mount namespace.
Result<void> prepare_directory(const std::string& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) return make_error(Code::kInternal, "make " + directory, failure.message());
  if (mount("", directory.c_str(), "none", MS_SHARED | MS_REC, nullptr) == 0) return {};
  if (errno != EINVAL) return errno_error("share the mounts below " + directory);  // EINVAL: no mount point yet
  if (mount(directory.c_str(), directory.c_str(), "none", MS_BIND | MS_REC, nullptr) != 0)
    return errno_error("bind " + directory + " to itself");
  if (mount("", directory.c_str(), "none", MS_SHARED | MS_REC, nullptr) != 0)
    return errno_error("share the mounts below " + directory);
  return {};
}

Result<void> set_loopback_up() {
  Fd control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!control) return errno_error("open a socket");
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
  if (ioctl(control.get(), SIOCSIFFLAGS, &request) != 0) return errno_error("set lo up");
  return {};
}

// Moves the thread back at the end of its scope. A thread that stayed in a container's namespace would from then on do
// the host's work there: there is no going on from that.
class Return {
 public:
  static Result<Return> prepare() {
    Fd home(open(kOwnNamespace, O_RDONLY | O_CLOEXEC));
    if (!home) return errno_error("open our own network namespace");
    return Return(std::move(home));
  }
  Return(Return&&) noexcept = default;
  ~Return() {
    if (home_) SKEIN_ASSERT(setns(home_.get(), CLONE_NEWNET) == 0);
  }

 private:
  explicit Return(Fd home) : home_(std::move(home)) {}
  Fd home_;
};

Result<void> make_and_mount(const std::string& path) {
  SKEIN_TRY_ASSIGN(Return back, Return::prepare());
  if (unshare(CLONE_NEWNET) != 0) return errno_error("make a network namespace");
  SKEIN_TRY(set_loopback_up());
  if (mount(kOwnNamespace, path.c_str(), "none", MS_BIND, nullptr) != 0)
    return errno_error("mount a network namespace at " + path);
  return {};
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}
int Fd::release() { return std::exchange(fd_, -1); }

Result<std::string> make_namespace(const std::string& directory, const std::string& key) {
  SKEIN_TRY(check_key(key));
  std::string path = directory + "/" + key;
  if (is_namespace(path)) return path;
  SKEIN_TRY(prepare_directory(directory));
  Fd file(open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0444));
  if (!file) return errno_error("make " + path);
  if (auto made = make_and_mount(path); !made.ok()) {
    unlink(path.c_str());
    return std::move(made).error();
  }
  return path;
}

Result<void> delete_namespace(const std::string& directory, const std::string& key) {
  SKEIN_TRY(check_key(key));
  std::string path = directory + "/" + key;
  // EINVAL: a plain file, left by a crash between making the file and mounting on it.
  if (umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL && errno != ENOENT)
    return errno_error("unmount the network namespace " + path);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return errno_error("remove " + path);
  return {};
}

bool is_namespace_missing(const std::string& path) {
  struct statfs status {};
  if (statfs(path.c_str(), &status) != 0) return errno == ENOENT || errno == ENOTDIR;
  return status.f_type != NSFS_MAGIC;
}

Result<std::vector<std::string>> list_namespaces(const std::string& directory) {
  std::vector<std::string> keys;
  std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(directory.c_str()), closedir);
  if (!listing) {
    if (errno == ENOENT) return keys;
    return errno_error("list " + directory);
  }
  while (const dirent* entry = readdir(listing.get()))
    if (is_namespace(directory + "/" + entry->d_name)) keys.emplace_back(entry->d_name);
  std::sort(keys.begin(), keys.end());
  return keys;
}

Result<void> release_directory(const std::string& directory) {
  if (umount2(directory.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL && errno != ENOENT)
    return errno_error("unmount " + directory);
  return {};
}

Result<void> run_in_namespace(const std::string& path, const std::function<Result<void>()>& work) {
  Fd target(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!target) return errno_error("open the network namespace " + path);
  SKEIN_TRY_ASSIGN(Return back, Return::prepare());
  if (setns(target.get(), CLONE_NEWNET) != 0) return errno_error("enter the network namespace " + path);
  return work();
}

}  // namespace skein::kernel::net
