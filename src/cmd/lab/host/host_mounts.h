// What a host sees of the file system: the machine's own, with private copies or fresh ones of all that hosts would
// otherwise share by accident.
//
//   /proc /sys /sys/fs/cgroup /sys/fs/bpf /run /dev/shm    fresh
//   /etc /var/lib                                          the machine's, changes are on the host's disk (overlay)
//   /var/lib/skein /var/lib/containers /var/tmp            the host's storage, on disk
//   /run/lab/bin                                           the folder of skein and skeind
//   /run/lab/disk                                          what a host keeps when it reboots, beside its storage
//   /proc/sys/kernel/random/boot_id                        one per boot of the host
#pragma once

#include "base/result.h"
#include "cmd/lab/files/files.h"
#include "cmd/lab/network/layout.h"

namespace skein::lab {

// Inherited mounts of namespace files (as of `ip netns`) are let go, since they would keep other people's namespaces
// alive.

// To be called by a host's init in fresh mount, pid, network and cgroup namespaces. Storage folders must exist.
Result<void> mount_host(const Spec& spec, const Machine& machine, const Descriptor& disk);

}  // namespace skein::lab
