#include "io/file/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.h"

namespace skein::io {
namespace {

constexpr size_t kReadMax = 64u << 20;

Error failed(const std::string& what, const std::string& path) {
  int code = errno;
  return make_error(code == ENOENT   ? Code::kNotFound
                    : code == EACCES ? Code::kPermissionDenied
                                     : Code::kUnavailable,
                    "cannot " + what + " " + path, std::strerror(code));
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failed("open", path);
  std::string out;
  char buffer[65536];
  for (;;) {
    ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0) return failed("read", path);
    if (got == 0) return out;
    out.append(buffer, static_cast<size_t>(got));
    if (out.size() > kReadMax) return make_error(Code::kDataLoss, path + " is too large");
  }
}

Result<void> write_file_atomically(const std::string& path, std::string_view content, mode_t mode,
                                   Durability durability) {
  std::string temporary = path + ".new";
  {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (file.get() < 0) return failed("create", temporary);
    while (!content.empty()) {
      ssize_t put = ::write(file.get(), content.data(), content.size());
      if (put < 0) return failed("write", temporary);
      content.remove_prefix(static_cast<size_t>(put));
    }
    if (durability == Durability::kSynced && ::fsync(file.get()) != 0) return failed("sync", temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("rename to", path);
  if (durability == Durability::kLeftToKernel) return {};
  Descriptor directory(::open(path.substr(0, path.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());
  return {};
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("remove", path);
  return {};
}

Result<void> make_directories(const std::string& path, mode_t mode) {
  for (size_t at = 1; at != std::string::npos;) {
    at = path.find('/', at);
    std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), mode) != 0 && errno != EEXIST) return failed("make", part);
    if (at != std::string::npos) ++at;
  }
  return {};
}

}  // namespace skein::io
