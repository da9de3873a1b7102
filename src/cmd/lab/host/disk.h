// What a machine's own changes to /etc and /var/lib are kept on: a file system in memory that outlives the machine's
// namespaces for as long as it is held open, so that a machine that reboots finds them again.
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "cmd/lab/files/files.h"

namespace skein::lab {

// Inside a machine.
inline constexpr const char* kDiskFolder = "/run/lab/disk";

// An empty one, mounted nowhere yet.
Result<Descriptor> make_disk();

// That of a running machine, to be given to its next init.
Result<Descriptor> hold_disk(pid_t init);

// Mounts it at kDiskFolder, which is made.
Result<void> mount_disk(const Descriptor& disk);

}  // namespace skein::lab
