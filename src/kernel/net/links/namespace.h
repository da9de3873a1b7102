// Named network namespaces: a namespace lives as long as a file is mounted on it, with no process in it.
//
// The mounts are made in the mount namespace of the caller, below a directory that is made a shared mount, so that
// removing a name takes effect in mount namespaces that were copied from ours as well (otherwise they would keep the
// containers' interfaces alive). All calls are for one thread: they switch its namespace for a moment and back.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace skein::kernel::net {

// Owns a file descriptor.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  int get() const { return fd_; }
  int release();
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Makes the namespace <directory>/<key> with `lo` up, or finds it; returns its path. Directories are made as needed.
// kInvalidArgument: the key is empty, too long or no plain file name.
Result<std::string> make_namespace(const std::string& directory, const std::string& key);

// Succeeds when there is none. Interfaces inside disappear once no process is left in it.
Result<void> delete_namespace(const std::string& directory, const std::string& key);

// No namespace is mounted at the path, or any more. One that cannot be looked at counts as there.
bool is_namespace_missing(const std::string& path);

// Keys of the namespaces that exist: what an earlier process left. A directory that does not exist has none.
Result<std::vector<std::string>> list_namespaces(const std::string& directory);

// Undoes what make_namespace did to the directory itself: for uninstalling, and for tests.
Result<void> release_directory(const std::string& directory);

// Runs `work` with the calling thread inside the namespace. Files and mounts stay those of the caller; /proc/sys/net
// and new sockets are those of the namespace. kNotFound when the path does not exist.
Result<void> run_in_namespace(const std::string& path, const std::function<Result<void>()>& work);

}  // namespace skein::kernel::net
