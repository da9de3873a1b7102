#include "engine/exec/request/container_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/descriptor.h"

namespace skein::engine {

namespace {

constexpr size_t kContainerFileMax = 4u << 20;

int open_in_root(int root, const char* path, uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, root, path, &how, sizeof how));
}

}  // namespace

Result<std::string> read_container_file(pid_t process, const std::string& path) {
  return read_file_beneath("/proc/" + std::to_string(process) + "/root", path);
}

Result<std::string> read_file_beneath(const std::string& root, const std::string& path) {
  const Descriptor folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return make_error(Code::kNotFound, "cannot open the container's root", std::strerror(errno));
  // Looked at before it is opened: a pipe, or a device, may make us wait. The name may change in between, so without
  // waiting, and looked at once more.
  struct stat about {};
  auto is_file = [&](int fd) { return ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode); };
  const Descriptor named(open_in_root(folder.get(), path.c_str(), O_PATH));
  if (!named || !is_file(named.get())) return std::string();
  const Descriptor file(open_in_root(folder.get(), path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!file || !is_file(file.get())) return std::string();
  std::string content;
  std::array<char, 16384> piece;
  for (;;) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return make_error(Code::kUnavailable, "cannot read " + path, std::strerror(errno));
    if (got == 0) return content;
    content.append(piece.data(), static_cast<size_t>(got));
    if (content.size() > kContainerFileMax)
      return make_error(Code::kResourceExhausted, "the container's " + path + " is larger than 4 MiB");
  }
}

}  // namespace skein::engine
