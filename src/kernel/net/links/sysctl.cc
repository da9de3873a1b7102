#include "kernel/net/links/sysctl.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernel/net/links/namespace.h"

namespace skein::kernel::net {
namespace {

Error failure(const std::string& what) {
  Code code = errno == ENOENT                                       ? Code::kNotFound
              : errno == EPERM || errno == EACCES || errno == EROFS ? Code::kPermissionDenied
                                                                    : Code::kInternal;
  return make_error(code, what, std::strerror(errno));
}

}  // namespace

Result<std::string> read_sysctl(const std::string& name) {
  Fd file(open(("/proc/sys/" + name).c_str(), O_RDONLY | O_CLOEXEC));
  char content[256];
  ssize_t size = file ? read(file.get(), content, sizeof content) : -1;
  if (size < 0) return failure("read the setting " + name);
  std::string value(content, static_cast<size_t>(size));
  value.erase(value.find_last_not_of(" \t\n") + 1);
  return value;
}

Result<void> write_sysctl(const std::string& name, const std::string& value) {
  Fd file(open(("/proc/sys/" + name).c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || write(file.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size()))
    return failure("write the setting " + name + " = " + value);
  return {};
}

bool has_ipv6(const std::string& interface) {
  return access(("/proc/sys/net/ipv6/conf/" + interface).c_str(), F_OK) == 0;
}

}  // namespace skein::kernel::net
