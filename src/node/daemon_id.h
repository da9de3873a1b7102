// What `info` tells as the daemon's ID: made once, kept over restarts and reboots, so that tools know a host again.
#pragma once

#include <string>

#include "base/random.h"
#include "base/result.h"

namespace skein::node {

// Reads the file at `path`, or makes an id and writes it there. Content that is no UUID is replaced.
Result<std::string> keep_daemon_id(const std::string& path, Random& random);

}  // namespace skein::node
