// Files as a container sees them, read by the daemon: no link leads out of its root, nothing in it makes us wait, and
// nothing is too large.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace skein::engine {

// `path` in the root of `process`. Empty when there is no regular file; kResourceExhausted when it is larger than 4
// MiB.
Result<std::string> read_container_file(pid_t process, const std::string& path);

// The same below any folder.
Result<std::string> read_file_beneath(const std::string& root, const std::string& path);

}  // namespace skein::engine
